import { describe, expect, it } from '@jest/globals';
import { FunctionFragment, Interface } from 'ethers';
import { ppvEscrowAbi } from '../../../contracts/generated/ppv-escrow.ts';
import { providerRegistryAbi } from '../../../contracts/generated/provider-registry.ts';
import { providerSettlementAbi } from '../../../contracts/generated/provider-settlement.ts';
import { escrowContract, settlementContract } from '../../../services/settlement/adapters/chain/contract-interfaces.ts';
import { refusalOf, refusalSignatures } from '../../../services/settlement/adapters/chain/refusals.ts';

const settlement = new Interface(providerSettlementAbi);
const escrow = new Interface(ppvEscrowAbi);
const errorsOf = (contract: Interface) => contract.fragments.filter(({ type }) => type === 'error').map((error) => error.format('sighash'));

/** What only ends a refund, a collection, a claim of fees, or the making of the contract. */
const neverOfAPayment = [
  ...['ProviderSettlementAlreadyRefunded', 'ProviderSettlementBadMandate', 'ProviderSettlementMandateInactive'],
  ...['ProviderSettlementCapExceeded', 'FeeVaultNothingOwed', 'FeeVaultTransferFailed', 'PlatformPause'],
  ...['PpvEscrowTooEarly', 'PpvEscrowNothingToRefund', 'PpvEscrowNothingHeld', 'PpvEscrowBadReceiver', 'PpvEscrowRefundFailed'],
  ...['InvalidShortString', 'StringTooLong', 'ExpectedPause', 'AccessControlUnauthorizedAccount'],
];

describe('every error that a payment can end with', () => {
  it('has a sentence', () => {
    const silent = [...errorsOf(settlement), ...errorsOf(escrow)].filter(
      (error) => !refusalSignatures.includes(error) && !neverOfAPayment.some((name) => error.startsWith(name)),
    );
    expect(silent).toEqual([]);
    const quotable = ['ProviderInactive', 'TokenNotAllowed', 'SignerNotAuthorised'].map((name) => `ProviderRegistry${name}`);
    const registry = errorsOf(new Interface(providerRegistryAbi)).filter((error) => quotable.some((name) => error.startsWith(name)));
    expect(registry.filter((error) => !refusalSignatures.includes(error))).toEqual([]);
    expect(registry).toHaveLength(3);
  });

  it('is one of the contracts', () => {
    const named = refusalSignatures.filter((error) => /^(Provider(Settlement|Registry)|PpvEscrow)/.test(error));
    const known = [...errorsOf(settlement), ...errorsOf(escrow), ...errorsOf(new Interface(providerRegistryAbi))];
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
  it.each([
    ['settlement', settlementContract, settlement],
    ['escrow', escrowContract, escrow],
  ] as const)('is what the contract has, to the selector: %s', (_, calls, contract) => {
    const functions = calls.fragments.filter((fragment) => fragment instanceof FunctionFragment);
    expect(functions.length).toBeGreaterThan(4);
    for (const { selector, name } of functions) expect([name, contract.getFunction(selector)?.name]).toEqual([name, name]);
    expect(contract.getEvent('SeqCancelled')?.topicHash).toBe(calls.getEvent('SeqCancelled')?.topicHash);
  });
});
