import { describe, expect, it } from '@jest/globals';
import type { ChainLog } from '../../../services/settlement/domain/chain-effect.ts';
import { strayTransfers, type TokenTransfer, type WatchedAddress } from '../../../services/settlement/domain/stray-transfers.ts';

const [token, treasury, refunder, someone, payer, second] = ['01', '02', '03', '04', '05', '06'].map((pair) => `0x${pair.repeat(20)}`) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const tx = `0x${'aa'.repeat(32)}`;
const watched: WatchedAddress[] = [
  { address: treasury, role: 'treasury', providerId: '1', sinceBlock: 5n },
  { address: refunder, role: 'refunder', providerId: '1', sinceBlock: 5n },
  { address: second, role: 'treasury', providerId: '2', sinceBlock: 5n },
];

function transfer(from: string, to: string, amount: bigint, logIndex = '0', number = '9'): TokenTransfer {
  return { token, from, to, amount, logIndex, tx, block: { number, hash: `0x${'bb'.repeat(32)}`, time: '2026-01-01T00:00:00.000Z' } };
}

function settled(amount: bigint, fee = 0n): ChainLog {
  return {
    ...{ name: 'Settled', invoiceRef: '0x', payer, seq: '1', kind: '1', method: '2', token, treasury, currency: 'EUR', fiatMinor: '1' },
    ...{ amount: amount.toString(), fee: fee.toString() },
  };
}

const refunded = (amount: bigint): ChainLog => ({
  ...{ name: 'Refunded', seq: '1', to: payer, refundSeq: '1', token, amount: amount.toString(), reason: '0x' },
});

function straysOf(transfers: readonly TokenTransfer[], ours: readonly ChainLog[] = []): string[][] {
  return strayTransfers('1', transfers, ours, watched).map(({ providerId, key, log }) => {
    if (log.name !== 'Transfer') throw new Error('Another log came.');
    return [providerId, key.slice(tx.length), log.fromRole, log.toRole, log.amount];
  });
}

describe('transfers past the contracts', () => {
  it('are what nobody of us accounts for, in and out', () => {
    expect(straysOf([transfer(someone, treasury, 7n)])).toEqual([['1', '.0', 'other', 'treasury', '7']]);
    expect(straysOf([transfer(treasury, refunder, 7n)])).toEqual([['1', '.0', 'treasury', 'refunder', '7']]);
    expect(straysOf([transfer(refunder, someone, 7n)])).toEqual([['1', '.0', 'refunder', 'other', '7']]);
  });

  it('are none of the payments and refunds that logs of ours tell of, a batch in one transfer included', () => {
    expect(straysOf([transfer(payer, treasury, 99n)], [settled(100n, 1n)])).toEqual([]);
    expect(straysOf([transfer(payer, treasury, 300n)], [settled(100n), settled(200n)])).toEqual([]);
    expect(straysOf([transfer(refunder, payer, 40n)], [refunded(40n)])).toEqual([]);
  });

  it('are told from ours in the same transaction, whichever comes first', () => {
    for (const amounts of [
      [100n, 30n],
      [30n, 100n],
    ])
      expect(
        straysOf(
          amounts.map((amount, at) => transfer(payer, treasury, amount, String(at))),
          [settled(100n)],
        ),
      ).toEqual([['1', '.1', 'other', 'treasury', '30']]);
    expect(straysOf([transfer(someone, treasury, 30n, '0'), transfer(payer, treasury, 100n, '1')], [settled(100n)])).toEqual([
      ['1', '.0', 'other', 'treasury', '30'],
    ]);
    expect(straysOf([transfer(payer, treasury, 130n)], [settled(100n)])).toEqual([['1', '.0', 'other', 'treasury', '30']]);
  });

  it('concern both providers where one pays the other, and nobody before the address was theirs', () => {
    expect(straysOf([transfer(treasury, second, 7n)])).toEqual([
      ['1', '.0', 'treasury', 'other', '7'],
      ['2', '.0', 'other', 'treasury', '7'],
    ]);
    expect(straysOf([transfer(someone, treasury, 7n, '0', '4')])).toEqual([]);
  });
});
