/*
 * `npm run bench -- <name>... [--json]`: runs bench/<name>.bench and prints a table, or one JSON object a line. Without a name it
 * lists the benches.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BenchContext, type Figure, jsonLine, surroundings, table } from './report.ts';

interface Bench {
  run(context: BenchContext): Promise<void>;
}

const [name, ...rest] = process.argv.slice(2).filter((argument) => argument !== '--json');
const asJson = process.argv.includes('--json');

// Found by name and not imported as such: the same code runs as source and as built.
const files = new Map(
  readdirSync(import.meta.dirname).flatMap((file) => (/\.bench\.(ts|js)$/.test(file) ? [[file.split('.')[0] as string, file]] : [])),
);
const file = name === undefined ? undefined : files.get(name);
if (file === undefined) {
  console.error(`Usage: npm run bench -- <name> [--json]\nBenches: ${[...files.keys()].toSorted().join(', ')}`);
  process.exit(2);
}

const around = surroundings();
const figures: Figure[] = [];
const report = (figure: Figure) => {
  figures.push(figure);
  if (asJson) console.log(jsonLine(figure, around));
};
const bench = (await import(pathToFileURL(join(import.meta.dirname, file)).href)) as Bench;
await bench.run({ report, options: rest });
if (!asJson) console.log(table(figures, around));
