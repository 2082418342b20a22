import { attackId, attacks } from './attack-table.ts';

/**
 * Ends a run with a line for each attack: its number, what it is, and whether the tests whose names begin with its number hold. An attack
 * that no test is named after is missing. The last line counts the attacks that were withstood.
 */
export default class AttackReporter {
  #error;
  #statuses = new Map();

  onTestResult(_test, { testResults }) {
    for (const { title, status } of testResults) {
      const number = Number(/^\[SET-A(\d+)\]/.exec(title)?.[1]);
      if (number > 0 && status !== 'pending') this.#statuses.set(number, [...(this.#statuses.get(number) ?? []), status]);
    }
  }

  onRunComplete() {
    const results = attacks.map((_, index) => resultOf(this.#statuses.get(index + 1)));
    const withstood = results.filter((result) => result === 'withstood').length;
    if (withstood < attacks.length) this.#error = new Error(`${attacks.length - withstood} attacks were not shown to be withstood.`);
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
