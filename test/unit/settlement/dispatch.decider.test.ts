import { describe, expect, it } from '@jest/globals';
import type { EffectOf } from '../../../services/settlement/domain/chain-effect.ts';
import {
  type DispatchRejection,
  fail,
  finish,
  order,
  retry,
  undo,
  type UndoData,
} from '../../../services/settlement/domain/dispatch.decider.ts';
import type { DispatchDone, DispatchEvent, OrderEvent, RefundOrdered } from '../../../services/settlement/domain/dispatch.events.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { matchingRefund, refundUnits } from '../../../services/settlement/domain/refund-order.ts';
import { numberRefund, refundRegister } from '../../../services/settlement/domain/refund-register.ts';
import { given } from '../../support/given.ts';
import type { SettlementObserved } from '../../../services/settlement/domain/settlement.events.ts';
import { EffectHistory, settled } from './effect.fixtures.ts';
import { cancelOrdered, captureOrdered, claimOrdered, collectOrdered, refundOrdered } from './sending.fixtures.ts';

const done = (ordered: string): DispatchEvent => ({
  type: 'DispatchDone/1',
  data: { ordered, tx: '0xabc', block: { number: '9', hash: '0xdef', time: '2026-03-01T00:00:00.000Z' }, gas: '50000', fee: '1' },
});
const failed = (ordered: string): DispatchEvent => ({
  type: 'DispatchFailed/1',
  data: { ordered, failure: { code: 'reverted', error: 'ERC20InsufficientBalance(0xaa, 1, 2)' } },
});

const gone = (key: string, revision = 2n) => ({
  settlement: key,
  state: { status: 'reorged', seen: {} as SettlementObserved, revision } as const,
});
const never = (key: string) => ({ settlement: key, state: { status: 'none' } as const });
const stands = (key: string) => ({ settlement: key, state: new EffectHistory().observed(settled(), {}).state });
/** As somebody decides it who has seen what is undone. */
const undoing = (...effects: UndoData['effects']) => ({
  decided: (state: Parameters<typeof undo>[0]) => {
    const asked = undo(state, { effects, reason: 'incident 114', digest: undefined });
    if (asked.kind !== 'rejected' || asked.rejection.code !== 'dispatch_undo_undecided') return asked;
    return undo(state, { effects, reason: 'incident 114', digest: asked.rejection.digest });
  },
});

describe('undoing what a chain took back', () => {
  it('opens the same order again, for who names exactly what is undone', () => {
    const [event] = given(dispatch, [refundOrdered(), done('0')])
      .when(undoing(gone('refund.3')).decided)
      .thenAccepts('DispatchUndone/1');
    expect(event).toEqual({
      type: 'DispatchUndone/1',
      data: { ordered: '0', tx: '0xabc', effects: [{ settlement: 'refund.3', revision: '2' }], reason: 'incident 114' },
    });
    const { state } = given(dispatch, [refundOrdered(), done('0'), event!]);
    expect(state).toEqual({ status: 'sending', order: refundOrdered(), orderedAt: 0n, revision: 2n, undoneAt: 2n });
    expect(order(state, refundOrdered())).toEqual({ kind: 'repeated', revision: 0n });
    expect(finish(state, { ...(done('0').data as DispatchDone), tx: '0xdef' })).toMatchObject({ kind: 'accepted' });
  });

  it.each<[string, DispatchEvent[], UndoData['effects'], string | undefined, object]>([
    ['of no order', [], [gone('refund.3')], undefined, { code: 'dispatch_not_found' }],
    ['that is under way', [refundOrdered()], [gone('refund.3')], undefined, { code: 'dispatch_not_done' }],
    ['that failed', [refundOrdered(), failed('0')], [gone('refund.3')], undefined, { code: 'dispatch_not_done' }],
    ['that leaves nothing on chain', [captureOrdered(), done('0')], [], undefined, { code: 'dispatch_not_undoable', operation: 'capture' }],
    [
      'whose effect the chain shows',
      [refundOrdered(), done('0')],
      [stands('refund.3')],
      undefined,
      { code: 'dispatch_effect_stands', settlement: 'refund.3' },
    ],
    [
      'of which a part stands',
      [captureOrdered(), done('0')],
      [gone('a'), stands('b')],
      undefined,
      { code: 'dispatch_effect_stands', settlement: 'b' },
    ],
    ['of which the ledger never heard', [refundOrdered(), done('0')], [never('refund.3')], undefined, { code: 'dispatch_effect_unseen' }],
    [
      'that nobody has seen',
      [refundOrdered(), done('0')],
      [gone('refund.3')],
      undefined,
      { code: 'dispatch_undo_undecided', digest: expect.any(String), tx: '0xabc' },
    ],
    [
      'by the digest of something else',
      [refundOrdered(), done('0')],
      [gone('refund.3')],
      '0123456789abcdef',
      { code: 'dispatch_undo_undecided', digest: expect.any(String), tx: '0xabc' },
    ],
  ])('is refused %s', (_, events, effects, digest, rejection) =>
    given(dispatch, events)
      .when((state) => undo(state, { effects, reason: 'incident 114', digest }))
      .thenRejects(rejection as DispatchRejection),
  );

  it('is refused twice, and again only by another digest once it is done and gone again', () => {
    const decided = undoing(gone('refund.3')).decided;
    const [event] = given(dispatch, [refundOrdered(), done('0')])
      .when(decided)
      .thenAccepts('DispatchUndone/1');
    given(dispatch, [refundOrdered(), done('0'), event!])
      .when(decided)
      .thenRejects({ code: 'dispatch_not_done' });
    const again = given(dispatch, [refundOrdered(), done('0'), event!, done('0')]);
    const digestFor = (revision: bigint) => {
      const asked = undo(again.state, { effects: [gone('refund.3', revision)], reason: 'x', digest: undefined });
      return asked.kind === 'rejected' && asked.rejection.code === 'dispatch_undo_undecided' ? asked.rejection.digest : undefined;
    };
    expect(digestFor(5n)).toMatch(/^[0-9a-f]{16}$/);
    expect(digestFor(5n)).not.toBe(digestFor(2n));
    again.when(undoing(gone('refund.3', 5n)).decided).thenAccepts('DispatchUndone/1');
  });

  it('passes over what a claim never did', () => {
    given(dispatch, [claimOrdered(), done('0')])
      .when(undoing(gone('7'), never('8'), gone('9')).decided)
      .thenAccepts('DispatchUndone/1');
  });
});

describe('ordering a dispatch', () => {
  it('accepts the first order', () => {
    given(dispatch, [])
      .when((state) => order(state, refundOrdered()))
      .thenAccepts('RefundOrdered/1');
  });

  it('takes the same order once, whatever salt was drawn for it', () =>
    given(dispatch, [refundOrdered()])
      .when((state) => order(state, refundOrdered({ salt: '0x01', reason: '0x02' })))
      .thenRepeats(0n));

  it('lets nothing else begin while one is under way', () =>
    given(dispatch, [captureOrdered()])
      .when((state) => order(state, cancelOrdered))
      .thenRejects({ code: 'dispatch_under_way', operation: 'capture' }));

  it('captures no event that was cancelled, and cancels none that was captured', () => {
    given(dispatch, [cancelOrdered, done('0')])
      .when((state) => order(state, captureOrdered()))
      .thenRejects({ code: 'dispatch_done', operation: 'cancel' });
    given(dispatch, [captureOrdered(), done('0')])
      .when((state) => order(state, cancelOrdered))
      .thenRejects({ code: 'dispatch_done', operation: 'capture' });
  });

  it('captures an event again in another token', () => {
    given(dispatch, [captureOrdered(), done('0')])
      .when((state) => order(state, captureOrdered({ tokens: [`0x${'e'.repeat(40)}`] })))
      .thenAccepts('CaptureOrdered/1');
  });

  it('repeats what is done, and never does it twice', () =>
    given(dispatch, [refundOrdered(), done('0')])
      .when((state) => order(state, refundOrdered()))
      .thenRepeats(0n));

  it('orders anew after a failure', () => {
    given(dispatch, [captureOrdered(), failed('0')])
      .when((state) => order(state, cancelOrdered))
      .thenAccepts('EventCancelOrdered/1');
  });

  it('never orders a refund again that failed: the account has its money again', () =>
    given(dispatch, [refundOrdered(), failed('0')])
      .when((state) => order(state, refundOrdered({ salt: '0x01', reason: '0x02' })))
      .thenRepeats(0n));
});

describe('retrying a dispatch', () => {
  it('orders the same again', () => {
    const [again] = given(dispatch, [captureOrdered(), failed('0')])
      .when(retry)
      .thenAccepts('CaptureOrdered/1');
    expect(again).toEqual(captureOrdered());
  });

  it('is refused for what is not there', () => given(dispatch, []).when(retry).thenRejects({ code: 'dispatch_not_found' }));

  it('is refused for what has not failed', () =>
    given(dispatch, [refundOrdered()]).when(retry).thenRejects({ code: 'dispatch_not_failed' }));

  it.each([
    ['a collection, which its mandate has to decide anew', 'collect', collectOrdered()],
    ['a refund, which its account has to decide anew', 'refund', refundOrdered()],
  ] as const)('is refused for %s', (_, operation, ordered) =>
    given(dispatch, [ordered, failed('0')])
      .when(retry)
      .thenRejects({ code: 'dispatch_not_retriable', operation }),
  );
});

describe('the end of a dispatch', () => {
  const end = { tx: '0xabc', block: { number: '9', hash: '0xdef', time: '2026-03-01T00:00:00.000Z' }, gas: '5', fee: '1' };

  it('is of the last order, and told once', () => {
    const late: DispatchEvent[] = [refundOrdered(), failed('0'), refundOrdered()];
    given(dispatch, late)
      .when((state) => finish(state, { ordered: '0', ...end }))
      .thenRepeats(2n);
    given(dispatch, late)
      .when((state) => finish(state, { ordered: '2', ...end }))
      .thenAccepts('DispatchDone/1');
    given(dispatch, [...late, done('2')])
      .when((state) => fail(state, { ordered: '2', failure: { code: 'expired' } }))
      .thenRepeats(3n);
  });

  it('is none of what was never ordered', () =>
    given(dispatch, [])
      .when((state) => fail(state, { ordered: '0', failure: { code: 'expired' } }))
      .thenRejects({ code: 'dispatch_not_found' }));
});

describe('the number of a refund', () => {
  it('is the next one, and stays what it is', () => {
    const [first] = given(refundRegister, [])
      .when((state) => numberRefund(state, 'rfd_1'))
      .thenAccepts('RefundNumbered/1');
    expect(first?.data).toEqual({ refundSeq: '1', refund: 'rfd_1' });
    given(refundRegister, [first!])
      .when((state) => numberRefund(state, 'rfd_1'))
      .thenRepeats(0n);
  });
});

describe('what goes back', () => {
  const paid = { amount: '10.00', currency: 'EUR', tokenUnits: '10799999' };

  it('is in all never more than what came', () => {
    expect(refundUnits(paid, '10.00')).toBe(10_799_999n);
    const parts = ['3.33', '3.33', '3.34'].map((part) => refundUnits(paid, part));
    expect(parts.reduce((sum, units) => sum + units, 0n)).toBeLessThanOrEqual(10_799_999n);
  });

  it('is refused above what was paid', () => expect(() => refundUnits(paid, '10.01')).toThrow(RangeError));

  const { data } = refundOrdered() as OrderEvent & { data: RefundOrdered };
  const log = {
    name: 'Refunded',
    seq: '7',
    to: data.to,
    refundSeq: '3',
    token: data.token,
    amount: data.tokenUnits,
    reason: data.reason,
  };
  const effect = (changed: object) =>
    ({ ...data, effect: 'refund', key: '3', log: { ...log, ...changed } }) as unknown as EffectOf<'Refunded'>;

  it('is known by everything that the log says', () => {
    const { state } = given(dispatch, [refundOrdered()]);
    expect(matchingRefund(state, effect({}))).toEqual(data);
    for (const changed of [{ seq: '8' }, { to: `0x${'9'.repeat(40)}` }, { refundSeq: '4' }, { token: data.to }, { amount: '5400001' }]) {
      expect(matchingRefund(state, effect(changed))).toBeUndefined();
    }
    expect(matchingRefund(state, { ...effect({}), contract: data.to })).toBeUndefined();
    expect(matchingRefund(given(dispatch, [captureOrdered()]).state, effect({}))).toBeUndefined();
    expect(matchingRefund(given(dispatch, [refundOrdered(), failed('0')]).state, effect({}))).toBeUndefined();
    const forgotten: DispatchEvent = {
      type: 'DispatchFailed/1',
      data: { ordered: '0', failure: { code: 'reverted', error: 'ProviderSettlementAlreadyRefunded(17, 3)' } },
    };
    expect(matchingRefund(given(dispatch, [refundOrdered(), forgotten]).state, effect({}))).toEqual(data);
  });

  it('is itself again where its lost transaction comes back, and of nobody once it has failed instead: then its account has the money', () => {
    const [undone] = given(dispatch, [refundOrdered(), done('0')])
      .when(undoing(gone('refund.3')).decided)
      .thenAccepts('DispatchUndone/1');
    const open = [refundOrdered(), done('0'), undone!];
    expect(matchingRefund(given(dispatch, open).state, effect({}))).toEqual(data);
    expect(matchingRefund(given(dispatch, [...open, done('0')]).state, effect({}))).toEqual(data);
    expect(matchingRefund(given(dispatch, [...open, failed('0')]).state, effect({}))).toBeUndefined();
  });
});
