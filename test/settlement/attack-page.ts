import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attacks } from './attack-table.ts';

const testFolder = join(import.meta.dirname, '..');

/** The published list, of which `npm run test:settlement` writes what stands between its two marks. */
export const attackPage = join(testFolder, '..', 'docs', 'reference', 'settlement-attacks.md');

const marked = /(?<=<!-- list -->\n)[^]*(?=<!-- \/list -->)/;

/** What is written there now. */
export function publishedList(): string {
  return marked.exec(readFileSync(attackPage, 'utf8'))?.[0] ?? '';
}

/** The page with the list as the tests are now. */
export function attackPageNow(): string {
  const page = readFileSync(attackPage, 'utf8');
  if (!marked.test(page)) throw new Error(`${attackPage} has no place for the list.`);
  return page.replace(marked, () => attackList());
}

interface Named {
  readonly file: string;
  readonly title: string;
  readonly numbers: readonly number[];
}

/** Tests, and groups of tests, that bear the number of an attack. */
export function namedTests(): Named[] {
  const files = readdirSync(testFolder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'));
  return files.toSorted().flatMap((file) => {
    const titles = readFileSync(join(testFolder, file), 'utf8').matchAll(/(['"])((?:(?!\1).)*\[SET-A\d+\](?:(?!\1).)*)\1/g);
    return [...titles].map(([, , title = '']) => ({
      file: file.replaceAll('\\', '/'),
      title: title
        .replaceAll(/\[SET-A\d+\]/g, '')
        .replaceAll(/ {2,}/g, ' ')
        .trim(),
      numbers: [...title.matchAll(/\[SET-A(\d+)\]/g)].map(([, number]) => Number(number)),
    }));
  });
}

function attackList(): string {
  const tests = namedTests();
  return `\n${attacks.map((attack, index) => `${sectionOf(attack, index + 1, tests)}\n`).join('')}`;
}

function sectionOf(attack: string, number: number, tests: readonly Named[]): string {
  const ours = tests.filter(({ numbers }) => numbers.includes(number));
  const files = [...new Set(ours.map(({ file }) => file))].map((file) => {
    const titles = ours.filter((test) => test.file === file).map(({ title }) => `*${title}*`);
    return `- \`test/${file}\`: ${titles.join('; ')}\n`;
  });
  return `**A${number}** ${attack}\n\n${files.join('')}`;
}
