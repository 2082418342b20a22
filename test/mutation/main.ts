/**
 * Mutation run: node bin/tallyroot test:mutation [text]. Each condition of the settlement contracts is forced to each of its sides, and each write to
 * storage left out; the tests on a chain have to notice. All mutants are in one compilation, and the balance of one account says which is alive,
 * so that neither compiler nor deployment is waited for again. Writes contracts/mutation.json. With a text, only mutants whose id contains it; with
 * --untried, only those that no run has tried yet.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { JsonRpcProvider } from 'ethers';
import { collect, type Collected } from './collected-tests.ts';
import { codeOf, type Mutant, mutate, switchboard, testFiles } from './mutants.ts';

type Outcome = { readonly killedBy: string } | { readonly survives: string } | { readonly tried: false };

const { values, positionals } = parseArgs({ options: { untried: { type: 'boolean' } }, allowPositionals: true });
const [wanted = ''] = positionals;
const table = join(import.meta.dirname, '..', '..', 'contracts', 'mutation.json');
const patienceMs = 60_000;

const { mutants, sources } = mutate();
console.error(`${mutants.length} mutants; compiling them ...`);
const code = codeOf(sources);
const chains: { provider: JsonRpcProvider; stop: () => Promise<void> }[] = [];
Object.assign(globalThis, { chainsOfMutants: chains });
redirect();
process.env['TALLYROOT_TEST_RUN'] ??= mkdtempSync(join(tmpdir(), 'tallyroot-mutation-'));

const files = [];
for (const file of testFiles) {
  const { tests, hooks } = await collect(() => import(new URL(`../settlement/${file}.test.ts`, import.meta.url).href));
  const own = chains.length;
  for (const before of hooks.beforeAll) await before();
  files.push({ file, tests, hooks, chains: chains.slice(own) });
  console.error(`${file}: ${tests.length} tests`);
}
await aliveIs(0);
const healthy = [];
for (const { file, tests } of files) for (const test of tests) healthy.push({ file, test, fails: await fails(test) });
const broken = healthy.filter(({ fails: why }) => why);
if (broken.length > 0) console.error(`Left out, for they fail without a mutant: ${broken.map(({ test }) => test.name).join('; ')}`);
const usable = healthy.filter(({ fails: why }) => !why);

const before = JSON.parse(readFileSync(table, 'utf8')) as Readonly<Record<string, Outcome>>;
const results: Record<string, Outcome> = Object.fromEntries(mutants.map(({ id }) => [id, before[id] ?? { tried: false }]));
for (const [index, mutant] of mutants.entries()) {
  const known = before[mutant.id];
  if (!mutant.id.includes(wanted) || (values.untried && known && !('tried' in known))) continue;
  await aliveIs(index + 1);
  const killer = await firstThatFails(ordered(mutant));
  results[mutant.id] = killer ? { killedBy: killer } : { survives: known && 'survives' in known ? known.survives : '' };
  console.error(`${index + 1} ${killer ? `killed by ${killer}` : 'SURVIVES'}: ${mutant.id}`);
  writeFileSync(table, `${JSON.stringify(results, undefined, 2)}\n`);
}
for (const { hooks } of files) for (const after of hooks.afterAll) await after();
rmSync(process.env['TALLYROOT_TEST_RUN'], { recursive: true, force: true });
const outcomes = Object.values(results);
const survivors = outcomes.flatMap((outcome) => ('survives' in outcome ? [outcome.survives] : []));
const untried = outcomes.filter((outcome) => 'tried' in outcome).length;
console.log(`${outcomes.length - survivors.length - untried}/${outcomes.length} noticed, ${survivors.length} not, ${untried} not tried.`);
process.exit(survivors.every((reason) => reason !== '') ? 0 : 1);

/** Those of the contract's own topic first, and of them those that name the error that the mutant touches. */
function ordered({ error, file }: Mutant) {
  const short = error?.replace(/^(ProviderRegistry|ProviderSettlement|PpvEscrow|PrepaidCreditFactory|PrepaidCredit)/, '');
  const topic = [
    [/PpvEscrow|escrow\//, /escrow/],
    [/PrepaidCredit/, /credit/],
    [/ProviderRegistry/, /registry|hand-over|keys/],
    [/Mandate/, /mandates/],
    [/PlatformPause/, /keys|credit/],
    [/SignedBy/, /signatures/],
    [/ExactTransfer/, /odd-tokens|relayed/],
    [/FeeVault/, /hostile|odd-tokens/],
    [/./, /payments|slots|refunds/],
  ] as const;
  const near = topic.find(([source]) => source.test(file))![1];
  const score = ({ file: of, test }: { file: string; test: Collected }) =>
    (short !== undefined && test.source.includes(short) ? 2 : 0) + (near.test(of) ? 3 : 0);
  return usable.toSorted((one, other) => score(other) - score(one));
}

async function firstThatFails(candidates: readonly { test: Collected }[]): Promise<string | undefined> {
  for (const { test } of candidates) if (await fails(test)) return test.name;
  return undefined;
}

async function fails({ run }: Collected): Promise<boolean> {
  try {
    await Promise.race([run(), delay(patienceMs, undefined, { ref: false }).then(() => Promise.reject(new Error('Too slow.')))]);
    return false;
  } catch {
    return true;
  }
}

async function aliveIs(number: number): Promise<void> {
  for (const { provider } of chains) await provider.send('anvil_setBalance', [switchboard, `0x${number.toString(16)}`]);
}

/** Tests meet their collector for Jest, the mutated code for what is generated, and a chain that takes code of any size. */
function redirect(): void {
  const collector = new URL('collected-tests.ts', import.meta.url).href;
  const replaced = (source: string, from: RegExp, to: string) => {
    if (!from.test(source)) throw new Error(`Nothing looks like ${from} any more.`);
    return source.replace(from, () => to);
  };
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === '@jest/globals' ? { url: collector, shortCircuit: true } : next(specifier, context),
    load(url, context, next) {
      const loaded = next(url, context);
      const name = /contracts\/generated\/([a-z-]+)\.ts$/
        .exec(url)?.[1]
        ?.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
      const mutated = name && code[name];
      if (!mutated && !url.endsWith('/throwaway-chain.ts')) return loaded;
      const source = textOf(loaded.source);
      if (mutated) return { ...loaded, source: replaced(source, /Bytecode\s*=\s*'0x[0-9a-f]*'/, `Bytecode = '${mutated}'`) };
      const roomy = replaced(source, /'--host', '127\.0\.0\.1'/, "'--host', '127.0.0.1', '--disable-code-size-limit'");
      const known = 'const chain = { url, provider, stop };\n  globalThis.chainsOfMutants.push(chain);\n  return chain;';
      return { ...loaded, source: replaced(roomy, /return \{ url, provider, stop \};/, known) };
    },
  });
}

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray | undefined): string {
  return typeof source === 'string' ? source : new TextDecoder().decode(source);
}
