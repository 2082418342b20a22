import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { inherited, refusals } from './error-table.ts';

const test = join(import.meta.dirname, '..');
const contracts = join(test, '..', 'contracts');
const generated = join(contracts, 'generated');
const prefixes = /^(LedgerAnchor|DepositRelease|ProviderRegistry|ProviderSettlement|PpvEscrow|PrepaidCreditFactory|PrepaidCredit)/;

/** One test, from its `it` to the next, and what its file says before the first of them: names that stand for an error are given there. */
interface Written {
  readonly title: string;
  readonly body: string;
  readonly file: string;
}

const written = [
  ...readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.test.ts') && file !== 'refusals.test.ts')
    .map((file) => join(import.meta.dirname, file)),
  ...['ledger-anchor', 'deposit-release'].map((name) => join(test, 'contracts', 'solidity', `${name}.test.ts`)),
].flatMap((path): Written[] => {
  const file = readFileSync(path, 'utf8');
  return file
    .split(/^(?= *it(?:\.each)?\()/m)
    .slice(1)
    .map((body) => ({ title: titleOf(body), body, file }));
});

describe('every refusal', () => {
  it('of every contract that has an ABI is in the table', () => {
    const errors = readdirSync(generated).flatMap((file) => errorsIn(readFileSync(join(generated, file), 'utf8')));
    expect(new Set(errors).size).toBeGreaterThan(80);
    expect([...Object.keys(refusals), ...inherited]).toEqual(expect.arrayContaining([...new Set(errors)]));
    expect(errors).toEqual(expect.arrayContaining([...inherited]));
  });

  it('of every source is in the table, and nothing else is', () => {
    const declared = readdirSync(contracts, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.sol'))
      .flatMap((file) => [...readFileSync(join(contracts, file), 'utf8').matchAll(/^ *error (\w+)\(/gm)].map(([, error]) => error));
    expect(Object.keys(refusals).toSorted()).toEqual(declared.toSorted());
  });

  it.each(Object.entries(refusals))('%s is met by tests that say its name', (error, titles) => {
    expect(titles.length).toBeGreaterThan(0);
    for (const start of titles) {
      const named = written.filter(({ title }) => title.startsWith(start));
      expect([start, named.length > 0 && named.some((one) => meets(one, error))]).toEqual([start, true]);
    }
  });
});

function titleOf(body: string): string {
  return (/^ *it\((['\`])(.*?)\1/.exec(body) ?? /\)\(\s*(['\`])(.*?)\1/s.exec(body))?.[2] ?? '';
}

/** By its whole name or without the contract's, in the test or by a name that the test uses for it. */
function meets({ body, file }: Written, error: string): boolean {
  const short = error.replace(prefixes, '');
  const name = `(?<![A-Za-z])(?:${error}(?![A-Za-z])|${short}(?=[('\`]))`;
  if (new RegExp(name).test(body)) return true;
  const aliases = [...file.matchAll(new RegExp(`^ *(?:const|function|async function) (\\w+)(?:(?!\\n\\n|\\n\\S)[^])*?${name}`, 'gm'))];
  return aliases.some(([, alias]) => new RegExp(`(?<![A-Za-z])${alias}(?![A-Za-z])`).test(body));
}

function errorsIn(bindings: string): string[] {
  const abi = /Abi = (\[.*?\n\]) as const;/s.exec(bindings)?.[1] ?? '[]';
  return (JSON.parse(abi) as { type: string; name?: string }[]).flatMap(({ type, name }) => (type === 'error' ? [name as string] : []));
}
