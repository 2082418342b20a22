import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ChainEffect, ChainLog } from '../../../services/settlement/domain/chain-effect.ts';
import {
  isExplainedByLogs,
  type LogOfTransaction,
  nativeMoves,
  type NativeSpan,
  type NativeTransaction,
} from '../../../services/settlement/domain/native-moves.ts';
import { zeroAddress } from '../../../services/settlement/domain/quote.ts';
import type { WatchedAddress } from '../../../services/settlement/domain/stray-transfers.ts';

const [treasury, refunder, payer, stranger, settlement] = ['01', '02', '03', '04', '05'].map((pair) => `0x${pair.repeat(20)}`) as [
  string,
  string,
  string,
  string,
  string,
];
const watched: WatchedAddress[] = [
  { address: treasury, role: 'treasury', providerId: '1', sinceBlock: 1n },
  { address: refunder, role: 'refunder', providerId: '1', sinceBlock: 1n },
];
const txOf = (number: number) => `0x${number.toString(16).padStart(64, '0')}`;
const block = { number: '20', hash: `0x${'bb'.repeat(32)}`, time: '2026-01-01T00:00:00.000Z' };

function settled(tx: number, amount: bigint, fee = 0n): LogOfTransaction {
  const log: ChainLog = {
    ...{ name: 'Settled', invoiceRef: '0x', payer, seq: '1', kind: '1', method: '1', token: zeroAddress, treasury },
    ...{ currency: '0x455552', fiatMinor: '1', amount: amount.toString(), fee: fee.toString() },
  };
  return { tx: txOf(tx), log };
}

const refunded = (tx: number, amount: bigint, to = payer): LogOfTransaction => ({
  tx: txOf(tx),
  log: { name: 'Refunded', seq: '1', to, refundSeq: '1', token: zeroAddress, amount: amount.toString(), reason: '0x' },
});

function transaction(tx: number, from: string, to: string, value: bigint, fee = 0n): NativeTransaction {
  return { tx: txOf(tx), block: { ...block, number: '12' }, from, to, value, fee };
}

function spanOf(gains: Readonly<Record<string, bigint>>, logs: readonly LogOfTransaction[] = []): NativeSpan {
  const before = new Map(Object.keys(gains).map((holder) => [holder, 1_000n]));
  const after = new Map(Object.entries(gains).map(([holder, gain]) => [holder, 1_000n + gain]));
  return { chainId: '7', fromBlock: 11n, to: block, before, after, logs };
}

/** Each effect in short; `.fee` where it is one. */
function told(effects: readonly ChainEffect[]): string[] {
  return effects.map(({ key, log }) => {
    if (log.name === 'Transfer') return `${log.fromRole} to ${log.toRole} ${log.amount} ${key.slice(-2)}`;
    if (log.name !== 'NativeMoved') throw new Error(`${log.name} came.`);
    return `${log.role} ${log.direction} ${log.amount}${log.cause === 'fees' ? ' fees' : ''} ${key.slice(42)}`;
  });
}

describe('coins that go past the contracts', () => {
  it('are none where logs of ours account for the balance', () => {
    expect(isExplainedByLogs(spanOf({ [treasury]: 99n, [refunder]: 0n }, [settled(1, 100n, 1n)]))).toBe(true);
    expect(isExplainedByLogs(spanOf({ [treasury]: 100n }, [settled(1, 100n, 1n)]))).toBe(false);
  });

  it('are what the ledger does not book for a treasury: fees of the platform, or a refund, that go to it', () => {
    expect(told(nativeMoves(spanOf({ [treasury]: 100n }, [settled(1, 100n, 1n)]), [], watched))).toEqual(['treasury in 1 .11-20']);
    expect(told(nativeMoves(spanOf({ [treasury]: 40n }, [refunded(1, 40n, treasury)]), [], watched))).toEqual(['treasury in 40 .11-20']);
  });

  it('are told by transaction, with who sent them and from where to where', () => {
    const moves = nativeMoves(spanOf({ [treasury]: 7n, [refunder]: 0n }), [transaction(1, stranger, treasury, 7n, 3n)], watched);
    expect(told(moves)).toEqual(['other to treasury 7 -1']);
    expect(moves[0]).toMatchObject({
      contract: zeroAddress,
      module: 'token',
      tx: txOf(1),
      block: { number: '12' },
      log: { from: stranger },
    });
    const filled = spanOf({ [treasury]: -12n, [refunder]: 10n });
    expect(told(nativeMoves(filled, [transaction(1, treasury, refunder, 10n, 2n)], watched))).toEqual([
      'treasury to refunder 10 -1',
      'treasury out 2 fees .11-20.fee',
    ]);
  });

  it('are told for the whole range where no transaction shows them, in and out', () => {
    expect(told(nativeMoves(spanOf({ [treasury]: 5n }), [], watched))).toEqual(['treasury in 5 .11-20']);
    expect(told(nativeMoves(spanOf({ [treasury]: -5n }), [], watched))).toEqual(['treasury out 5 .11-20']);
    const mixed = nativeMoves(spanOf({ [treasury]: 5n + 7n, [refunder]: -1n }), [transaction(1, stranger, treasury, 7n)], watched);
    expect(told(mixed)).toEqual(['other to treasury 7 -1', 'treasury in 5 .11-20', 'refunder out 1 .11-20']);
    expect(mixed.map(({ logIndex }) => logIndex)).toEqual(['-1', '1', '2']);
  });

  it('are not what a refund takes, nor what its key pays for gas, whether the refunder is a key or a contract', () => {
    const ordered = [transaction(1, refunder, settlement, 40n, 3n), transaction(2, refunder, settlement, 0n, 2n)];
    expect(nativeMoves(spanOf({ [refunder]: -45n }, [refunded(1, 40n)]), ordered, watched)).toEqual([]);
    expect(told(nativeMoves(spanOf({ [refunder]: -50n }, [refunded(1, 40n)]), ordered, watched))).toEqual(['refunder out 5 .11-20']);
    const owner = transaction(1, stranger, refunder, 0n, 3n);
    expect(nativeMoves(spanOf({ [refunder]: -40n }, [refunded(1, 40n)]), [owner], watched)).toEqual([]);
  });

  it('are told to nobody for an address that was not looked at before', () => {
    const span = { ...spanOf({ [treasury]: 7n }), before: new Map<string, bigint>() };
    expect(isExplainedByLogs(span)).toBe(true);
    expect(nativeMoves(span, [transaction(1, stranger, treasury, 7n)], watched)).toEqual([]);
  });

  it('are told to each provider that has the address', () => {
    const both = [...watched, { address: treasury, role: 'treasury' as const, providerId: '2', sinceBlock: 15n }];
    const effects = nativeMoves(spanOf({ [treasury]: 7n }), [], both);
    expect(effects.map(({ providerId }) => providerId).toSorted()).toEqual(['1', '2']);
  });

  it('make, with logs of ours, the whole of the difference, for every history', () => {
    const amount = fc.bigInt({ min: 1n, max: 10n ** 20n });
    const step = fc.oneof(
      fc.record({ kind: fc.constant('pay' as const), amount }),
      fc.record({ kind: fc.constant('refund' as const), amount }),
      fc.record({ kind: fc.constant('stray' as const), amount }),
      fc.record({ kind: fc.constant('fill' as const), amount }),
      fc.record({ kind: fc.constant('withdraw' as const), amount }),
      fc.record({ kind: fc.constant('forced' as const), amount }),
      fc.record({ kind: fc.constant('drained' as const), amount }),
    );
    const law = fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const gains: Record<string, bigint> = { [treasury]: 0n, [refunder]: 0n };
      const logs: LogOfTransaction[] = [];
      const sent: NativeTransaction[] = [];
      const gain = (holder: string, by: bigint): void => void (gains[holder] = (gains[holder] ?? 0n) + by);
      const send = (from: string, to: string, value: bigint): void => {
        sent.push(transaction(sent.length + 1, from, to, value, 3n));
        gain(from, -value - 3n);
        gain(to, value);
      };
      // What the books have to follow: payments, and what is told; a refund and its fee are known from elsewhere.
      let [paid, known] = [0n, 0n];
      for (const { kind, amount: units } of steps) {
        if (kind === 'pay') {
          logs.push(settled(1_000 + logs.length, units, 1n));
          gain(treasury, units - 1n);
          paid += units - 1n;
        } else if (kind === 'refund') {
          send(refunder, settlement, units);
          logs.push(refunded(sent.length, units));
          known -= units + 3n;
        } else if (kind === 'stray') send(stranger, treasury, units);
        else if (kind === 'fill') send(treasury, refunder, units);
        else if (kind === 'withdraw') send(treasury, stranger, units);
        else if (kind === 'forced') gain(treasury, units);
        else gain(treasury, -units);
      }
      const span = spanOf({ [treasury]: gains[treasury] ?? 0n, [refunder]: gains[refunder] ?? 0n }, logs);
      const effects = isExplainedByLogs(span) ? [] : nativeMoves(span, sent, watched);
      const toldOf = (holder: string): bigint =>
        effects.reduce((sum, { log }) => {
          if (log.name === 'NativeMoved')
            return log.address !== holder ? sum : sum + (log.direction === 'in' ? BigInt(log.amount) : -BigInt(log.amount));
          if (log.name !== 'Transfer') throw new Error(`${log.name} came.`);
          return sum + (log.to === holder ? BigInt(log.amount) : 0n) - (log.from === holder ? BigInt(log.amount) : 0n);
        }, 0n);
      expect(paid + toldOf(treasury)).toBe(gains[treasury]);
      expect(known + toldOf(refunder)).toBe(gains[refunder]);
      expect(new Set(effects.map(({ key }) => key)).size).toBe(effects.length);
    });
    fc.assert(law, { numRuns: 300, seed: 117 });
  });
});
