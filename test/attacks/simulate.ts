import { expect, it } from '@jest/globals';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome, Unopened } from '../../verifier/verdict.ts';
import { attackId, attacks, type Shown } from './attack-table.ts';

/** One line for each simulation, in the folder of the run, for the reporter. */
const shownFile = 'attacks-shown.jsonl';

/** Carries out one of the attacks of the table; what it comes to has to be what the table says. */
export function simulate(number: number, how: string, attempt: () => Promise<Shown> | Shown): void {
  const { verdict } = attacks[number - 1] as (typeof attacks)[number];
  it(`[${attackId(number)}] ${how}: ${verdict}`, async () => {
    const shown = await attempt();
    const folder = process.env['TALLYROOT_TEST_RUN'];
    if (folder !== undefined) appendFileSync(join(folder, shownFile), `${JSON.stringify({ number, shown })}\n`);
    expect(shown).toBe(verdict);
  });
}

export function verdictOf({ verdict }: Outcome | Unopened): Shown {
  return verdict;
}

/** Refused by all of them; anything else is a deception that worked. */
export function refusedBy(...answers: readonly boolean[]): Shown {
  if (answers.length === 0) throw new RangeError('Nobody was asked.');
  return answers.includes(true) ? 'VALID' : 'refused';
}
