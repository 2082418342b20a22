import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ledgerAnchorAbi } from '../../../contracts/generated/ledger-anchor.ts';
import { ppvEscrowAbi } from '../../../contracts/generated/ppv-escrow.ts';
import { prepaidCreditAbi } from '../../../contracts/generated/prepaid-credit.ts';
import { prepaidCreditFactoryAbi } from '../../../contracts/generated/prepaid-credit-factory.ts';
import { providerRegistryAbi } from '../../../contracts/generated/provider-registry.ts';
import { providerSettlementAbi } from '../../../contracts/generated/provider-settlement.ts';

type Abi = readonly { readonly type: string; readonly name?: string }[];

const page = (name: string): string => readFileSync(new URL(`../../../docs/reference/${name}.md`, import.meta.url), 'utf8');
const abis: readonly (readonly [contract: string, abi: Abi])[] = [
  ['ProviderRegistry', providerRegistryAbi],
  ['ProviderSettlement', providerSettlementAbi],
  ['PpvEscrow', ppvEscrowAbi],
  ['PrepaidCredit', prepaidCreditAbi],
  ['PrepaidCreditFactory', prepaidCreditFactoryAbi],
];
const kinds = ['Function', 'Event', 'Error'] as const;
const namesOf = (abi: Abi, kind: string): string[] =>
  [...new Set(abi.flatMap(({ type, name }) => (type === kind.toLowerCase() ? [name as string] : [])))].toSorted();

describe('the reference of the contracts', () => {
  it.each(abis.flatMap(([contract, abi]) => kinds.map((kind) => [contract, kind, abi] as const)))(
    'lists each of %s: %s',
    (contract, kind, abi) => {
      const section = page('contracts').split(`\n### ${contract}\n`)[1]?.split('\n## ')[0]?.split('\n### ')[0] ?? '';
      const table = section.split(`\n| ${kind} |`)[1]?.split('\n\n')[0] ?? '';
      const rows = [...table.matchAll(/^\| `(\w+)` +\| (.*) \|$/gm)];
      expect(rows.map(([, name]) => name as string).toSorted()).toEqual(namesOf(abi, kind));
      for (const [, name, sentence] of rows) expect([name, /\w.*[.?]$/.test(sentence!.trim())]).toEqual([name, true]);
    },
  );

  it('names each error of the anchor', () => {
    const own = ledgerAnchorAbi.filter(({ type, ...item }) => type === 'error' && 'name' in item && item.name.startsWith('LedgerAnchor'));
    expect(own.length).toBeGreaterThan(8);
    const text = page('anchor-contract');
    for (const { name } of own as { name: string }[]) expect([name, text.includes(name.replace('LedgerAnchor', ''))]).toEqual([name, true]);
  });
});
