import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { chaosPage, logOf, pageWith } from './chaos-page.ts';
import { injectedFaults } from './chaos-table.ts';

const testFolder = join(import.meta.dirname, '..');

/**
 * Ends a run with a line for each fault: what it is, at how many points it was injected, and whether what has to be true afterwards was. A fault
 * of which a test did not run is missing. Where all held, the published log is what this run has shown.
 */
export default class ChaosReporter {
  #error;

  onRunComplete(_contexts, { testResults: files }) {
    const points = readPoints();
    const tests = files.flatMap(({ testFilePath, testResults }) => {
      const file = relative(testFolder, testFilePath).replaceAll('\\', '/');
      return testResults.map(({ title, fullName, status }) => ({ file, title, fullName, status }));
    });
    const rows = injectedFaults.map((fault) => resultOf(fault, tests, points));
    const held = rows.filter(({ result }) => result === 'held').length;
    if (held < rows.length) this.#error = new Error(`${rows.length - held} faults were not shown to do no harm.`);
    else writeFileSync(chaosPage, pageWith(logOf(rows.map((row) => row.points))));
    const lines = rows.map((row, at) => {
      const { fault, where, holds } = injectedFaults[at];
      return `${row.result.padEnd(7)}  ${fault}. Where: ${where}. Points: ${row.points}. Has to hold: ${holds}.\n`;
    });
    const text = `${lines.join('')}${held}/${rows.length}\n`;
    process.once('exit', () => process.stdout.write(text)); // Jest's own summary comes after all reporters.
  }

  getLastError() {
    return this.#error;
  }
}

function resultOf({ tests: injections }, ran, points) {
  const found = injections.flatMap(([file, title, ...cases]) =>
    (cases.length === 0 ? [undefined] : cases).map((one) =>
      ran.filter((test) => test.file === file && patternOf(title, one).test(test.title) && test.status !== 'pending'),
    ),
  );
  const all = found.flat();
  const sum = all.reduce((total, { fullName }) => total + (points.get(fullName) ?? 1), 0);
  if (found.some((tests) => tests.length === 0)) return { result: 'missing', points: sum };
  return { result: all.every(({ status }) => status === 'passed') ? 'held' : 'FAILED', points: sum };
}

/** A title as it is written, with one of its cases in it, or any. */
function patternOf(title, one) {
  return new RegExp(
    `^${title
      .split('%s')
      .map(RegExp.escape)
      .join(one === undefined ? '.*' : RegExp.escape(one))}$`,
  );
}

function readPoints() {
  const file = join(process.env.TALLYROOT_TEST_RUN, 'faults-injected.jsonl');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  return new Map(lines.map((line) => JSON.parse(line)).map(({ test, points }) => [test, points]));
}
