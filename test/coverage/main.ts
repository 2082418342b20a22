/**
 * Coverage of the contracts: node bin/tallyroot test:coverage. Runs the tests on a chain against code with a mark at each statement and at both
 * sides of each condition, and writes contracts/coverage.json; ends with an error where less than the goal is covered. What the marked code
 * does is Jest's to judge: a test that counts gas, or compares the code's hash, or needs what Hardhat's chain cannot do, fails here.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { basename, join } from 'node:path';
import { collect } from '../mutation/collected-tests.ts';
import { testFiles } from '../mutation/mutants.ts';
import { covered, type Coverage, goals, type Kind, summed } from './coverage.ts';
import { hashOfContracts } from './instrumented.ts';
import { executed } from './measured-chain.ts';
import { compiled, marks } from './measured-code.ts';

const root = join(import.meta.dirname, '..', '..');
const anchorTests = ['ledger-anchor', 'merkle-tree', 'deposit-release'].map((name) => `contracts/solidity/${name}`);

await redirect();
for (const file of [...testFiles.map((name) => `settlement/${name}`), ...anchorTests]) {
  const { tests, hooks } = await collect(() => import(new URL(`../${file}.test.ts`, import.meta.url).href));
  for (const before of hooks.beforeAll) await before();
  let passed = 0;
  for (const { name, run } of tests) {
    try {
      await run();
      passed++;
    } catch (error) {
      console.error(`Fails on marked code: ${name}: ${String(error).split('\n', 1)[0]?.slice(0, 200)}`);
    }
  }
  for (const after of hooks.afterAll) await after();
  console.error(`${file}: ${passed} of ${tests.length} tests`);
}

const files: Record<string, Coverage> = {};
for (const [path, own] of Object.entries(marks)) files[path] = covered(readFileSync(join(root, path), 'utf8'), own, executed);
const total = summed(Object.values(files));
const table = join(root, 'contracts', 'coverage.json');
writeFileSync(table, `${JSON.stringify({ contracts: hashOfContracts(), total, files }, undefined, 2)}\n`);
for (const [path, { missed }] of Object.entries(files)) for (const line of missed) console.log(`${path}:${line}`);
const kinds = Object.entries(goals) as [Kind, number][];
console.log(kinds.map(([kind]) => `${kind} ${total[kind].percent} % of ${total[kind].of}`).join(', '));
process.exit(kinds.every(([kind, goal]) => total[kind].percent >= goal) ? 0 : 1);

/** Tests meet their collector for Jest, and marked code on a chain that sees the marks. */
async function redirect(): Promise<void> {
  const names = Object.keys(marks).map((path) => ({ path, name: basename(path, '.sol') }));
  const bytecodes = new Map<string, string>();
  for (const { path, name } of names) bytecodes.set(kebab(name), (await compiled(path, name).catch(() => undefined))?.bytecode ?? '0x');
  const instead = [
    [/^@jest\/globals$/, '../mutation/collected-tests.ts'],
    [/\/throwaway-chain\.ts$/, './measured-chain.ts'],
    [/\/compiled\.ts$/, './measured-code.ts'],
  ] as const;
  registerHooks({
    resolve(specifier, context, next) {
      const found = instead.find(([pattern]) => pattern.test(specifier));
      return found ? { url: new URL(found[1], import.meta.url).href, shortCircuit: true } : next(specifier, context);
    },
    load(url, context, next) {
      const loaded = next(url, context);
      const marked = bytecodes.get(/contracts\/generated\/([a-z-]+)\.ts$/.exec(url)?.[1] ?? '');
      if (!marked) return loaded;
      const source = typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString();
      return { ...loaded, source: source.replace(/Bytecode\s*=\s*'0x[0-9a-f]*'/, () => `Bytecode = '${marked}'`) };
    },
  });
}

function kebab(name: string): string {
  return name.replaceAll(/(?<!^)([A-Z])/g, '-$1').toLowerCase();
}
