import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attackId, attacks } from './attack-table.ts';

/** Ends a run with a line for each attack, its expected verdict and the one that was shown, and last how many came to what they should. */
export default class AttackReporter {
  #error;

  onRunComplete() {
    const file = join(process.env.TALLYROOT_TEST_RUN, 'attacks-shown.jsonl');
    const shown = new Map();
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    for (const { number, shown: verdict } of lines.map((line) => JSON.parse(line)))
      shown.set(number, new Set([...(shown.get(number) ?? []), verdict]));
    const width = Math.max(...attacks.map(({ attack }) => attack.length));
    let met = 0;
    const report = attacks.map(({ number, attack, verdict }) => {
      const verdicts = [...(shown.get(number) ?? ['not simulated'])].join(', ');
      if (verdicts === verdict) met++;
      return `${attackId(number)}  ${attack.padEnd(width)}  expected ${verdict.padEnd(13)}  ${verdicts}\n`;
    });
    if (met < attacks.length) this.#error = new Error(`${attacks.length - met} attacks did not come to what they should.`);
    const text = `${report.join('')}${met}/${attacks.length}\n`;
    process.once('exit', () => process.stdout.write(text)); // Jest's own summary comes after all reporters.
  }

  getLastError() {
    return this.#error;
  }
}
