import { describe, expect, it } from '@jest/globals';
import { account } from '../../../services/accounts/domain/account.ts';
import type { OpenAccount } from '../../../services/accounts/domain/open-account.ts';
import { refundSettlement } from '../../../services/accounts/domain/refunding.decider.ts';
import { reverseTakenBackCredit, takeBackCredit, type TakeBackCreditData } from '../../../services/accounts/domain/taking-back.decider.ts';
import { reverseSettlementCredit } from '../../../services/accounts/domain/uncrediting.decider.ts';
import { moneyOf } from '../../../services/money/money.ts';
import { given } from '../../support/given.ts';
import { at, burning, crediting, eur, History, id, refunding, reversing } from './account.fixtures.ts';

const { settlement } = crediting('1');
const second = { settlement: '2.0xa.slot.1', slot: '1' };
/** 50.00 of credit was bought in slot 1, and paid a second time elsewhere. */
const { events } = new History()
  .prepaid()
  .credited('50', { purpose: { kind: 'credit' } })
  .credited('50', { purpose: { kind: 'credit' }, ...second });
const burnt = (changes: Partial<TakeBackCreditData> = {}) => burning('20', changes);
const on = (history: typeof events, data = burnt()) => given(account, history).when((state) => takeBackCredit(state, data));
const line = (place: string, amount: string, direction: 'debit' | 'credit') => ({ account: place, amount, currency: 'EUR', direction });

describe('takeBackCredit', () => {
  it('brings what was owed for burnt credit to the wallet', () => {
    const [event] = on(events).thenAccepts('CreditTakenBack/1');
    expect(event?.data).toEqual({
      ...{ account: id, refund: 'ref_1', settlement, slot: '1', amount: '20.00', currency: 'EUR', bucket: 'overpaid' },
      ...{ chainId: '1', tx: '0x8', effectiveAt: at },
      postings: [line(`liability:refund-payable:${id}`, '20.00', 'debit'), line(`liability:wallet:${id}:overpaid`, '20.00', 'credit')],
    });
    expect(given(account, [...events, event!]).state).toMatchObject({ wallet: 70_000_000n });
  });

  it('does it once for each decision', () => {
    const history = [...events, ...on(events).thenAccepts('CreditTakenBack/1')];
    on(history).thenRepeats(3n);
    on(history, burnt({ refund: 'ref_2' })).thenAccepts('CreditTakenBack/1');
  });

  it.each([
    ['of no account', [], burnt(), { code: 'account_not_found' }],
    ['in another currency', events, burnt({ amount: moneyOf('1', 'USD') }), { code: 'currency_mismatch', account: 'EUR', given: 'USD' }],
    ['of a slot that was never paid', events, burnt({ slot: '9' }), { code: 'settlement_not_final', settlement: '9' }],
  ] as const)('refuses credit %s', (_, history, data, rejection) => on([...history], data).thenRejects(rejection));

  it.each([
    ['and no other', events.slice(0, 2)],
    ['and another one of the slot stands', events],
  ])('pays nobody for credit whose payment is gone, %s', (_, history) => {
    const [gone] = given(account, history)
      .when((state) => reverseSettlementCredit(state, reversing))
      .thenAccepts('SettlementCreditReversed/1');
    const before = [...history, gone!];
    const [event] = on(before).thenAccepts('CreditTakenBack/1');
    expect(event?.data).toMatchObject({
      settlement,
      postings: [line(`liability:refund-payable:${id}`, '20.00', 'debit'), line(`liability:credit-unissued:${id}`, '20.00', 'credit')],
    });
    expect(event?.data).not.toHaveProperty('bucket');
    const walletOf = (of: typeof events) => (given(account, of).state as OpenAccount).wallet;
    expect(walletOf([...before, event!])).toBe(walletOf(before));
    given(account, [...before, event!])
      .when((state) => refundSettlement(state, refunding('1')))
      .thenRejects({ code: 'nothing_to_refund', paid: '50.00', currency: 'EUR' });
  });

  describe('and is not burnt after all', () => {
    const undoing = { refund: 'ref_1', reason: 'The chain went back.', effectiveAt: at };
    const undone = (history: History) => {
      const [event] = given(account, history.events)
        .when((state) => reverseTakenBackCredit(state, undoing))
        .thenAccepts('CreditTakenBackReversed/1');
      history.events.push(event!);
      return { data: event!.data, state: given(account, history.events).state as OpenAccount, events: history.events };
    };
    const bought = () =>
      new History()
        .prepaid()
        .credited('50', { purpose: { kind: 'credit' } })
        .tookBack('20');
    const owedBack = line(`liability:refund-payable:${id}`, '20.00', 'credit');

    it('takes its money from the wallet, and nothing of it can be paid back', () => {
      const { data, state, events: after } = undone(bought());
      expect(data).toMatchObject({
        ...{ settlement, wallet: '20.00', reason: undoing.reason },
        postings: [line(`liability:wallet:${id}:overpaid`, '20.00', 'debit'), owedBack],
      });
      expect(state.wallet).toBe(0n);
      given(account, after)
        .when((now) => refundSettlement(now, refunding('1')))
        .thenRejects({ code: 'nothing_to_refund', paid: '50.00', currency: 'EUR' });
    });

    it('leaves what was paid back already owed, and pays none of it again when the credit is burnt anew', () => {
      const history = bought().refunded('20');
      const { data, state } = undone(history);
      expect(data).toMatchObject({ postings: [line(`liability:wallet:${id}:money`, '20.00', 'debit'), owedBack] });
      expect(state.wallet).toBe(-20_000_000n);
      const refused = { code: 'nothing_to_refund', paid: '50.00', currency: 'EUR' } as const;
      const { amount: _, ...everything } = refunding('1');
      given(account, history.events)
        .when((now) => refundSettlement(now, everything))
        .thenRejects(refused);
      given(account, history.tookBack('20').toppedUp('30').events)
        .when((now) => refundSettlement(now, everything))
        .thenRejects(refused);
    });

    it('is missing as credit that nobody paid for, where the payment is gone too', () => {
      const { data, state } = undone(bought().uncredited());
      expect(data).toMatchObject({ wallet: '0.00', postings: [line(`liability:credit-unissued:${id}`, '20.00', 'debit'), owedBack] });
      expect(state.wallet).toBe(0n);
    });

    it('is done once, until it is burnt anew', () => {
      const { events: after } = undone(bought());
      given(account, after)
        .when((state) => reverseTakenBackCredit(state, undoing))
        .thenRepeats(3n);
    });

    it.each([
      ['account', [], { code: 'account_not_found' }],
      ['decision', events, { code: 'refund_not_found', refund: 'ref_1' }],
    ] as const)('is refused of no %s', (_, history, rejection) =>
      given(account, [...history])
        .when((state) => reverseTakenBackCredit(state, undoing))
        .thenRejects(rejection),
    );
  });

  it('makes it part of what can go back of the payment that bought it, and of no other', () => {
    const refund = { refund: 'ref_back', settlement, reason: 'moves away', effectiveAt: at };
    given(account, events)
      .when((state) => refundSettlement(state, refund))
      .thenRejects({ code: 'nothing_to_refund', paid: '50.00', currency: 'EUR' });
    const history = [...events, ...on(events).thenAccepts('CreditTakenBack/1')];
    const [event] = given(account, history)
      .when((state) => refundSettlement(state, refund))
      .thenAccepts('SettlementRefundDecided/1');
    expect(event?.data).toMatchObject({ amount: '20.00', settlement, slot: '1' });
    given(account, history)
      .when((state) => refundSettlement(state, { ...refund, settlement: second.settlement, amount: eur('50.01') }))
      .thenRejects({ code: 'refund_above_payment', paid: '50.00', refundable: '50.00', required: '50.01', currency: 'EUR' });
  });
});
