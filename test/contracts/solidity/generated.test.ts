import { beforeAll, describe, expect, it } from '@jest/globals';
import { keccak256 } from 'ethers';
import { demoDollarAbi, demoDollarBytecode } from '../../../contracts/generated/demo-dollar.ts';
import { ledgerAnchorAbi, ledgerAnchorBytecode, ledgerAnchorCodeHash } from '../../../contracts/generated/ledger-anchor.ts';
import { ppvEscrowAbi, ppvEscrowBytecode } from '../../../contracts/generated/ppv-escrow.ts';
import { prepaidCreditAbi, prepaidCreditBytecode } from '../../../contracts/generated/prepaid-credit.ts';
import { prepaidCreditFactoryAbi, prepaidCreditFactoryBytecode } from '../../../contracts/generated/prepaid-credit-factory.ts';
import { providerRegistryAbi, providerRegistryBytecode } from '../../../contracts/generated/provider-registry.ts';
import { providerSettlementAbi, providerSettlementBytecode } from '../../../contracts/generated/provider-settlement.ts';
import { compile, compiled } from '../../support/compiled.ts';

const generated = [
  { source: 'LedgerAnchor', abi: ledgerAnchorAbi, bytecode: ledgerAnchorBytecode },
  { source: 'PpvEscrow', abi: ppvEscrowAbi, bytecode: ppvEscrowBytecode },
  { source: 'PrepaidCredit', abi: prepaidCreditAbi, bytecode: prepaidCreditBytecode },
  { source: 'PrepaidCreditFactory', abi: prepaidCreditFactoryAbi, bytecode: prepaidCreditFactoryBytecode },
  { source: 'ProviderRegistry', abi: providerRegistryAbi, bytecode: providerRegistryBytecode },
  { source: 'ProviderSettlement', abi: providerSettlementAbi, bytecode: providerSettlementBytecode },
  { source: 'examples/DemoDollar', abi: demoDollarAbi, bytecode: demoDollarBytecode },
] as const;
const madeOf = (source: string) => compiled(`contracts/${source}.sol`, source.split('/').at(-1) as string);
/** EIP-170 */
const codeLimit = 24_576;

beforeAll(() => compile(), 180_000);

describe('contracts/generated', () => {
  it.each(generated)('is what the compiler makes of $source', async ({ source, abi, bytecode }) => {
    const made = await madeOf(source);
    expect(abi).toEqual(made.abi);
    expect(bytecode).toBe(made.bytecode);
  });

  it('has the hash of the anchor that stands on a chain', async () => {
    expect(ledgerAnchorCodeHash).toBe(keccak256((await madeOf('LedgerAnchor')).deployedBytecode));
  });

  it.each(generated)('fits on a chain: $source', async ({ source }) => {
    expect(((await madeOf(source)).deployedBytecode.length - 2) / 2).toBeLessThanOrEqual(codeLimit);
  });
});
