import { describe, expect, it } from '@jest/globals';
import { aboveLimit } from '../../../services/settlement/application/sending/sending-limits.ts';

const limits = { relayGasMax: 100n, relayFeeMaxPerDay: 10_000n };
const now = '2026-03-02T12:00:00.000Z';

/** One more at 1 wei for a unit of gas, where so much was spent in all and for its account. */
const asked = (all: bigint, ofAccount: bigint, given: object = {}) => {
  const since = async ({ account }: { readonly account?: string }, at: Date) => {
    expect(at.toISOString()).toBe('2026-03-01T12:00:00.000Z');
    return account === undefined ? all : ofAccount;
  };
  const of = { provider: 'demo', chainId: '1', kind: 'revoke', account: 'acc_1', feePerGas: 1n, limits, now } as const;
  return aboveLimit({ since }, { ...of, ...given });
};

describe('what payers order', () => {
  it.each([
    ['while all of it stays within the day', 9_900n, 0n, undefined],
    ['no more where it would be above the day', 9_901n, 0n, { spent: '9901', limit: '10000' }],
    ['while that of its account stays within a tenth of the day', 900n, 900n, undefined],
    ['no more where its account has had its share', 901n, 901n, { spent: '901', limit: '1000' }],
  ])('is paid %s', async (_, all, ofAccount, refusal) => {
    expect(await asked(all, ofAccount)).toEqual(refusal && { code: 'spending_limit', ...refusal });
  });

  it('is paid once a day for each account where gas is dearer than a share', async () => {
    expect(await asked(0n, 0n, { feePerGas: 50n })).toBeUndefined();
    expect(await asked(5_000n, 5_000n, { feePerGas: 50n })).toMatchObject({ spent: '5000', limit: '1000' });
    expect(await asked(5_000n, 0n, { feePerGas: 50n })).toBeUndefined();
  });
});
