import { afterAll, describe, expect, it } from '@jest/globals';
import type { Abilities, Engine } from './engine.ts';
import { exemptionsOf } from './not-applicable.ts';
import { appendPromises } from './append.contract.ts';
import { checkpointPromises } from './checkpoints.contract.ts';
import { durabilityPromises } from './durability.contract.ts';
import { logOrderPromises } from './log-order.contract.ts';
import { operationPromises } from './operation.contract.ts';
import { outcomePromises } from './outcomes.contract.ts';
import type { PromiseTest } from './promise.ts';
import { readPromises } from './reads.contract.ts';
import { repeatPromises } from './repeats.contract.ts';
import { shapePromises } from './shapes.contract.ts';
import { subscriptionPromises } from './subscriptions.contract.ts';
import { tamperingPromises } from './tampering.contract.ts';
import { Trial } from './trial.ts';

const sections: Readonly<Record<string, readonly PromiseTest[]>> = {
  'A. Append, expected revision, idempotency': [...appendPromises, ...repeatPromises, ...outcomePromises],
  'B. Limits and shapes': shapePromises,
  'C. Reads': [...readPromises, ...logOrderPromises],
  'D. Subscriptions and checkpoints': [...subscriptionPromises, ...checkpointPromises],
  'E. Deletion, truncation, metadata': tamperingPromises,
  'F. Time and operation': [...operationPromises, ...durabilityPromises],
};

const allNumbers = Array.from({ length: 70 }, (_, index) => index + 1);

/** Holds an engine to all 70 promises of docs/reference/event-store.md: each is tested, or the committed table says why it cannot be. */
export function describeContract(engine: Engine): void {
  const canRun = ({ needs }: PromiseTest) => needs.every((ability: keyof Abilities) => engine.abilities.includes(ability));
  describe(engine.name, () => {
    afterAll(() => engine.close());
    for (const [title, tests] of Object.entries(sections)) {
      describe(title, () => {
        for (const test of tests.filter(canRun)) it(`${test.numbers.join(', ')} ${test.title}`, () => runOn(engine, test), test.timeoutMs);
      });
    }

    it('accounts for every promise', () => {
      const tests = Object.values(sections).flat();
      const numbersOf = (some: readonly PromiseTest[]) => new Set(some.flatMap(({ numbers }) => numbers));
      const tested = numbersOf(tests.filter(canRun));
      const leftOut = numbersOf(tests.filter((test) => !canRun(test)));
      const { notApplicable, partly } = exemptionsOf(engine.name);
      expect(Object.keys(notApplicable).map(Number)).toEqual(allNumbers.filter((number) => !tested.has(number)));
      expect(Object.keys(partly).map(Number)).toEqual(allNumbers.filter((number) => tested.has(number) && leftOut.has(number)));
    });
  });
}

async function runOn(engine: Engine, { needs, options, run }: PromiseTest): Promise<void> {
  const opened = await engine.open(options);
  const missing = needs.filter((ability) => opened[ability] === undefined);
  const trial = new Trial<keyof Abilities>(opened); // All that the test needs; it looks for no more.
  try {
    expect(missing).toEqual([]);
    await trial.begin();
    await run(trial);
  } finally {
    await trial.close();
  }
}
