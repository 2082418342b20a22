import { describe, expect, it } from '@jest/globals';
import { FunctionFragment, Interface } from 'ethers';
import { ppvEscrowAbi } from '../../../contracts/generated/ppv-escrow.ts';
import { prepaidCreditAbi } from '../../../contracts/generated/prepaid-credit.ts';
import { prepaidCreditFactoryAbi } from '../../../contracts/generated/prepaid-credit-factory.ts';
import { providerRegistryAbi } from '../../../contracts/generated/provider-registry.ts';
import { providerSettlementAbi } from '../../../contracts/generated/provider-settlement.ts';
import { escrowContract, settlementContract } from '../../../services/settlement/adapters/chain/contract-interfaces.ts';
import { refusalSentences } from '../../../services/settlement/adapters/chain/refusal-sentences.ts';
import { refusalNamed, refusalOf } from '../../../services/settlement/adapters/chain/refusals.ts';

const settlement = new Interface(providerSettlementAbi);
const escrow = new Interface(ppvEscrowAbi);
const errorsOf = (contract: Interface) => contract.fragments.filter(({ type }) => type === 'error').map((error) => error.format('sighash'));

const contracts = [
  ['ProviderSettlement', providerSettlementAbi],
  ['PpvEscrow', ppvEscrowAbi],
  ['ProviderRegistry', providerRegistryAbi],
  ['PrepaidCredit', prepaidCreditAbi],
  ['PrepaidCreditFactory', prepaidCreditFactoryAbi],
] as const;

describe('every error of the contracts', () => {
  it.each(contracts)('has a sentence: %s', (_, abi) => {
    const errors = errorsOf(new Interface(abi));
    expect(errors.length).toBeGreaterThan(5);
    expect(errors.filter((error) => !Object.hasOwn(refusalSentences, error))).toEqual([]);
  });

  it('is one of the contracts, wherever it is named after one', () => {
    const named = Object.keys(refusalSentences).filter((error) => /^(Provider|Ppv|Prepaid|FeeVault)/.test(error));
    const known = contracts.flatMap(([, abi]) => errorsOf(new Interface(abi)));
    expect(named.filter((error) => !known.includes(error))).toEqual([]);
  });

  it('is found by the name that a failed transaction was noted with', () => {
    expect(refusalNamed('ProviderSettlementQuoteExpired(7)')).toEqual({
      code: 'ProviderSettlementQuoteExpired',
      text: refusalSentences['ProviderSettlementQuoteExpired(uint48)'],
    });
    expect(refusalNamed('NobodyKnows(7)')).toBeUndefined();
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
