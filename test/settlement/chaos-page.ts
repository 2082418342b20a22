import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Fault, injectedFaults } from './chaos-table.ts';

/** The published log, of which `npm run test:chaos` writes what stands between its two marks. */
export const chaosPage = join(import.meta.dirname, '..', '..', 'docs', 'reference', 'watcher-chaos.md');

const marked = /(?<=<!-- log -->\n)[^]*(?=<!-- \/log -->)/;

/** What is written there now. */
export function publishedLog(): string {
  return marked.exec(readFileSync(chaosPage, 'utf8'))?.[0] ?? '';
}

/** The page with another log in it. */
export function pageWith(log: string): string {
  const page = readFileSync(chaosPage, 'utf8');
  if (!marked.test(page)) throw new Error(`${chaosPage} has no place for the log.`);
  return page.replace(marked, () => log);
}

/** The table and the tests behind it, by the points at which each fault was injected. */
export function logOf(points: readonly number[]): string {
  const rows = injectedFaults.map(
    ({ fault, where, holds }, row) => `| ${row + 1} | ${fault} | ${where} | ${points[row]} | ${holds} | held |\n`,
  );
  const total = points.reduce((sum, each) => sum + each, 0);
  return [
    '\n| # | Fault | Where it is injected | Points | What has to hold | Result |\n| --- | --- | --- | --- | --- | --- |\n',
    ...rows,
    `\n${rows.length}/${rows.length}, at ${total} points.\n\n## Tests\n\n`,
    ...injectedFaults.map(testsOf),
    '\n',
  ].join('');
}

/** By file, with the titles as they are written there. */
function testsOf({ fault, tests }: Fault, row: number): string {
  const files = [...new Set(tests.map(([file]) => file))].map((file) => {
    const titles = tests.filter(([of]) => of === file).map(([, title, ...cases]) => titleWith(title, cases));
    return `   - \`test/${file}\`: ${titles.join('; ')}\n`;
  });
  return `${row + 1}. ${fault}\n${files.join('')}`;
}

function titleWith(title: string, cases: readonly string[]): string {
  return cases.length === 0 ? `*${title}*` : `*${title}* (${cases.join(', ')})`;
}

/** The points of a published row; undefined in a table that is not of this many rows. */
export function publishedPoints(): number[] {
  return [...publishedLog().matchAll(/^\| \d+ \|.*\| (\d+) \| [^|]* \| held \|$/gm)].map(([, points]) => Number(points));
}
