import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { providerRegistryAbi } from '../../contracts/generated/provider-registry.ts';
import { providerSettlementAbi } from '../../contracts/generated/provider-settlement.ts';

/** Each error of our own contracts, and the tests that end with it: the name of a test, or the start of one. */
const refusals: Readonly<Record<string, readonly string[]>> = {
  ProviderRegistryNotProviderAdmin: ['by %s are the admin’s to give', 'is a guardian’s to begin and not to end'],
  ProviderRegistryNotAdminOrTreasury: ['[SET-A28] ends when the %s objects', '[SET-A29] stays the admin when the %s cancels'],
  ProviderRegistryNotProposed: ['[SET-A29] leaves the next one powerless'],
  ProviderRegistryNothingPending: ['changes after 2 days, by the admin', 'stays when the %s objects'],
  ProviderRegistryDelayNotOver: ['changes after 2 days, by the admin', '[SET-A28] replaces a lost admin after 14 days'],
  ProviderRegistryRecoveryPending: ['[SET-A28] freezes every other change'],
  ProviderRegistryProviderExists: ['are created once'],
  ProviderRegistryProviderInactive: ['that were never created are nobody', 'is the admin’s to begin and end'],
  ProviderRegistryTokenNotAllowed: ['are taken with the decimals', '[SET-A14] has two addresses'],
  ProviderRegistryTokenWithoutCode: ['are contracts, and the native coin'],
  ProviderRegistryDecimalsMismatch: ['are taken with the decimals', '[SET-A15] of %s are taken'],
  ProviderRegistryDecimalsOutOfRange: ['[SET-A15] of %s are refused'],
  ProviderRegistrySignerNotAuthorised: ['sign, collect and refund before their end', '[SET-A26] is worth nothing'],
  ProviderRegistryNotCollector: ['sign, collect and refund before their end', '[SET-A25] gives a thief'],
  ProviderRegistryFeeAboveCap: ['stay below the cap', 'refuses a cap above everything'],
  ProviderRegistryZeroAddress: ['have an admin and a treasury', '[SET-A29] hands over to nobody else'],
  ProviderSettlementQuoteExpired: ['takes a quote between its two times'],
  ProviderSettlementQuoteNotYetValid: ['takes a quote between its two times'],
  ProviderSettlementAlreadySettled: ['moves exactly the amount', '[SET-A3] closed by %s'],
  ProviderSettlementAlreadyRefunded: ['pays a token back from the %s'],
  ProviderSettlementWrongPayer: ['takes a quote from the payer that it names', '[SET-A24] is ended by the provider’s admin'],
  ProviderSettlementWrongToken: ['takes its own kind of money alone'],
  ProviderSettlementBatchMixed: ['is of one provider and one token'],
  ProviderSettlementBatchLength: ['is of one provider and one token'],
  ProviderSettlementWrongValue: ['takes neither more nor less', '[SET-A13] counts the coins'],
  ProviderSettlementInexactTransfer: ['[SET-A14] %s (%s) is no payment', 'reverts whole when the receiver'],
  ProviderSettlementSignerNotAuthorised: ['[SET-A1] holds for one chain', 'is cancelled by a signer'],
  ProviderSettlementNativeTransferFailed: ['reverts whole when the receiver', 'fails whole when the treasury'],
  ProviderSettlementAmountOutOfRange: ['knows kinds 1 to 5', 'has a receiver, an amount'],
  ProviderSettlementUnknownKind: ['knows kinds 1 to 5'],
  ProviderSettlementZeroAddress: ['has a receiver, an amount'],
  ProviderSettlementBadMandate: ['with %s is refused'],
  ProviderSettlementMandateInactive: ['[SET-A23] begins in its first second', '[SET-A24] is left by its payer'],
  ProviderSettlementCapExceeded: ['[SET-A22] gives one period’s cap', '[SET-A23] never gives more'],
  FeeVaultNothingOwed: ['[SET-A18] with the fee receiver keeps', '[SET-A19] gets nothing'],
  FeeVaultTransferFailed: ['[SET-A19] takes its fees when it can'],
};

const sources = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.test.ts') && file !== 'refusals.test.ts')
  .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'));

describe('every refusal', () => {
  it('of the registry and the settlement has a test', () => {
    const errors = [...providerRegistryAbi, ...providerSettlementAbi].flatMap((item) => (item.type === 'error' ? [item.name] : []));
    const own = errors.filter((name) => /^(ProviderRegistry|ProviderSettlement|FeeVault)/.test(name));
    expect(Object.keys(refusals).toSorted()).toEqual([...new Set(own)].toSorted());
  });

  it.each(Object.entries(refusals))('%s is met by a test that says its name', (error, tests) => {
    const short = error.replace(/^(ProviderRegistry|ProviderSettlement)/, '');
    for (const test of tests) {
      const file = sources.find((source) => source.includes(`'${test}`) || source.includes(`\`${test}`));
      expect([test, file?.includes(short)]).toEqual([test, true]);
    }
  });
});
