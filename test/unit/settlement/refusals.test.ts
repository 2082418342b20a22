import { describe, expect, it } from '@jest/globals';
import { Interface } from 'ethers';
import { providerRegistryAbi } from '../../../contracts/generated/provider-registry.ts';
import { providerSettlementAbi } from '../../../contracts/generated/provider-settlement.ts';
import { settlementCalls } from '../../../services/settlement/adapters/chain/pay-interface.ts';
import { refusalOf, refusalSignatures } from '../../../services/settlement/adapters/chain/refusals.ts';

const settlement = new Interface(providerSettlementAbi);
const errorsOf = (contract: Interface) => contract.fragments.filter(({ type }) => type === 'error').map((error) => error.format('sighash'));

/** What only ends a refund, a collection, a claim of fees, or the making of the contract. */
const neverOfAPayment = [
  ...['ProviderSettlementAlreadyRefunded', 'ProviderSettlementBadMandate', 'ProviderSettlementMandateInactive'],
  ...['ProviderSettlementCapExceeded', 'FeeVaultNothingOwed', 'FeeVaultTransferFailed', 'PlatformPause'],
  ...['InvalidShortString', 'StringTooLong', 'ExpectedPause', 'AccessControlUnauthorizedAccount'],
];

describe('every error that a payment can end with', () => {
  it('has a sentence', () => {
    const silent = errorsOf(settlement).filter(
      (error) => !refusalSignatures.includes(error) && !neverOfAPayment.some((name) => error.startsWith(name)),
    );
    expect(silent).toEqual([]);
    const quotable = ['ProviderInactive', 'TokenNotAllowed', 'SignerNotAuthorised'].map((name) => `ProviderRegistry${name}`);
    const registry = errorsOf(new Interface(providerRegistryAbi)).filter((error) => quotable.some((name) => error.startsWith(name)));
    expect(registry.filter((error) => !refusalSignatures.includes(error))).toEqual([]);
    expect(registry).toHaveLength(3);
  });

  it('is one of the contracts', () => {
    const named = refusalSignatures.filter((error) => /^Provider(Settlement|Registry)/.test(error));
    const known = [...errorsOf(settlement), ...errorsOf(new Interface(providerRegistryAbi))];
    expect(named.filter((error) => !known.includes(error))).toEqual([]);
  });

  it('is told in words, a token’s own kept short and plain', () => {
    const data = settlement.encodeErrorResult('ProviderSettlementQuoteExpired', [1n]);
    expect(refusalOf(data)).toEqual({
      code: 'ProviderSettlementQuoteExpired',
      text: 'The quote is over. Nothing was paid; ask for a new one.',
    });
    const plain = new Interface(['error Error(string)']).encodeErrorResult('Error', [`Pausable: paused\n<b>${'x'.repeat(200)}`]);
    expect(refusalOf(plain)).toEqual({
      code: 'Error',
      text: expect.stringMatching(/^The token or contract refused: Pausable: paused<b>x+\. Nothing/),
    });
    expect(refusalOf(plain).text.length).toBeLessThan(200);
    for (const hostile of [undefined, '0x', '0x12345678', plain.slice(0, 100)]) expect(refusalOf(hostile).code).toBe('unknown');
  });
});

describe('what a payer calls', () => {
  it('is what the contract has, to the selector', () => {
    for (const { selector, name } of settlementCalls.fragments.filter(({ type }) => type === 'function') as never as {
      selector: string;
      name: string;
    }[])
      expect([name, settlement.getFunction(selector)?.name]).toEqual([name, name]);
    expect(settlement.getEvent('SeqCancelled')?.topicHash).toBe(settlementCalls.getEvent('SeqCancelled')?.topicHash);
  });
});
