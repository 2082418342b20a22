import { writeFileSync } from 'node:fs';
import { attackPage, attackPageNow } from './attack-page.ts';
import { attackId, attacks } from './attack-table.ts';

/**
 * Ends a run with a line for each attack: its number, what it is, and whether the tests that are named after it, or whose group is,
 * hold. An attack that no test is named after is missing. The last line counts the attacks that were withstood. Where all were, the published
 * list of them names these tests.
 */
export default class AttackReporter {
  #error;
  #statuses = new Map();

  onTestResult(_test, { testResults }) {
    for (const { fullName, status } of testResults.filter(({ status }) => status !== 'pending'))
      for (const [, number] of fullName.matchAll(/\[SET-A(\d+)\]/g))
        this.#statuses.set(Number(number), [...(this.#statuses.get(Number(number)) ?? []), status]);
  }

  onRunComplete() {
    const results = attacks.map((_, index) => resultOf(this.#statuses.get(index + 1)));
    const withstood = results.filter((result) => result === 'withstood').length;
    if (withstood < attacks.length) this.#error = new Error(`${attacks.length - withstood} attacks were not shown to be withstood.`);
    else writeFileSync(attackPage, attackPageNow());
    const width = Math.max(...attacks.map((attack) => attack.length));
    const lines = attacks.map((attack, index) => `${attackId(index + 1).padEnd(7)}  ${attack.padEnd(width)}  ${results[index]}\n`);
    const text = `${lines.join('')}${withstood}/${attacks.length}\n`;
    process.once('exit', () => process.stdout.write(text)); // Jest's own summary comes after all reporters.
  }

  getLastError() {
    return this.#error;
  }
}

function resultOf(statuses) {
  if (statuses === undefined) return 'missing';
  return statuses.every((status) => status === 'passed') ? 'withstood' : 'FAILED';
}
