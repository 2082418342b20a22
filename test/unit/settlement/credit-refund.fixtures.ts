import type { CommandBus } from '@nestjs/cqrs';
import { Accounts, accountStream } from '../../../services/accounts/application/account-command.ts';
import {
  ReverseTakenBackCredit,
  ReverseTakenBackCreditHandler,
} from '../../../services/accounts/application/reverse-taken-back-credit.handler.ts';
import { TakeBackCreditHandler } from '../../../services/accounts/application/take-back-credit.handler.ts';
import { account } from '../../../services/accounts/domain/account.ts';
import type { Posting } from '../../../services/money/posting.ts';
import { CreditHoldings } from '../../../services/settlement/application/credit/credit-holdings.ts';
import { CreditRefundProcess } from '../../../services/settlement/application/credit/credit-refund.process.ts';
import { RefundCreditHandler, RefundCredit } from '../../../services/settlement/application/credit/refund-credit.handler.ts';
import { dispatchStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import { SettlementProcess } from '../../../services/settlement/application/booking/settlement.process.ts';
import { settlementStream, slotStream } from '../../../services/settlement/application/settlement-streams.ts';
import { type EffectOf, settlementId } from '../../../services/settlement/domain/chain-effect.ts';
import type { CreditShare } from '../../../services/settlement/domain/credit-holding.ts';
import { matchCreditRefund, matchIssue } from '../../../services/settlement/domain/credit-match.ts';
import { fail } from '../../../services/settlement/domain/dispatch.decider.ts';
import type { CreditRefundOrdered, DispatchFailure } from '../../../services/settlement/domain/dispatch.events.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { matchPayment, type PaidEffect } from '../../../services/settlement/domain/settlement-match.ts';
import { settlement } from '../../../services/settlement/domain/settlement.ts';
import { slot } from '../../../services/settlement/domain/slot.ts';
import { envelope } from '../../support/execution.ts';
import { given } from '../../support/given.ts';
import { eur, History } from '../accounts/account.fixtures.ts';
import { euroCredit, issued as creditIssued, issueOrdered, orderedIssue, refunded } from './credit.fixtures.ts';
import { EffectHistory, eth, settled } from './effect.fixtures.ts';
import { dyingAt, type End, LedgerWorld } from './ledger.fixtures.ts';
import { account as id, issued, quoteIssued, slotOpened } from './slot.fixtures.ts';

const credit = { kind: '5', fiatMinor: '5000' };
const bought = [slotOpened({ purpose: { kind: 'credit', order: 'ord_1' }, amount: '50.00' }), issued(quoteIssued(credit))];
const payment = settled(credit) as PaidEffect;
const matched = matchPayment(payment, { stream: 'demo.slot-7', state: given(slot, bought).state }, eth);
const issue = creditIssued() as EffectOf<'CreditIssued'>;

/** The payment that bought 50.00 EUR of credit in slot 7. */
export const boughtBy = settlementId(payment);
export const refund = (number = 1) => `ref_00000000-0000-5000-8000-00000000000${number}`;

/** A ledger in which credit was paid for, and perhaps given out for good. */
export class CreditWorld extends LedgerWorld {
  static async open({ isIssued = true } = {}): Promise<CreditWorld> {
    const world = new CreditWorld();
    const paid = new EffectHistory().observed(payment, matched).finalized({ token: eth });
    await world.write(slot, slotStream('demo', '7'), ...bought, { type: 'SlotClosed/1', data: { seq: '7', reason: 'settled' } });
    await world.write(settlement, settlementStream('demo', boughtBy), ...paid.events);
    const customer = new History().prepaid().credited('50', { settlement: boughtBy, slot: '7', purpose: { kind: 'credit' } });
    await world.write(account, accountStream('demo', id), ...customer.events);
    await world.write(dispatch, dispatchStream('demo', 'issue.7'), { type: 'CreditIssueOrdered/1', data: issueOrdered });
    const given7 = new EffectHistory().observed(issue, matchIssue(issue, orderedIssue));
    if (isIssued) given7.finalized({ token: euroCredit, creditShares: await world.moved(given7) });
    await world.write(settlement, settlementStream('demo', settlementId(issue)), ...given7.events);
    return world;
  }

  /** The answer of the command, as an API gives it. */
  async refund(amount?: string, { number = 1, of = boughtBy } = {}): Promise<string> {
    const request = { refund: refund(number), settlement: of, ...(amount !== undefined && { amount: eur(amount) }), reason: 'moves away' };
    const handler = new RefundCreditHandler(this.executor());
    const outcome = await handler.execute(new RefundCredit(envelope(`refund ${number}`), request));
    return outcome.kind === 'rejected' ? outcome.rejection.code : outcome.kind;
  }

  /** Somebody paid the slot once more, on another chain, and that is final too. */
  async paidAgain(): Promise<string> {
    const again = { ...payment, chainId: '10' };
    const paid = new EffectHistory().observed(again, matched).finalized({ token: eth });
    await this.write(settlement, settlementStream('demo', settlementId(again)), ...paid.events);
    return settlementId(again);
  }

  fail(refundSeq: string, failure: DispatchFailure): Promise<void> {
    return this.act(dispatch, dispatchStream('demo', `creditrefund.${refundSeq}`), (state) => fail(state, { ordered: '0', failure }));
  }

  /** What the contract shows under the number of the first order, for good. */
  async show(units: string): Promise<void> {
    const { refundSeq: seq, ref, holder } = (await this.typed('CreditRefundOrdered/1'))[0]!.fin as unknown as CreditRefundOrdered;
    const effect = refunded({ seq, ref, holder, amount: units }) as EffectOf<'CreditRefunded'>;
    const state = await this.executor().current(dispatch, dispatchStream('demo', `creditrefund.${seq}`), 'demo');
    const history = new EffectHistory().observed(effect, matchCreditRefund(effect, state));
    history.finalized({ token: euroCredit, creditShares: await this.moved(history) });
    await this.write(settlement, settlementStream('demo', settlementId(effect)), ...history.events);
  }

  /** Whose the credit is, as it is told before the effect is final. */
  moved({ state }: EffectHistory): Promise<readonly CreditShare[]> {
    if (state.status === 'none') throw new Error('Nothing was observed.');
    return new CreditHoldings(this.executor()).move('demo', state.seen, { follows: state.revision });
  }

  /** Both processes: that which sends, and that which brings what the chain shows to accounts. */
  async follow(end: End = {}): Promise<void> {
    const executor = dyingAt(this.executor(), end);
    const sending = new CreditRefundProcess(executor);
    const accounts = new Accounts(executor);
    const [taking, undoing] = [new TakeBackCreditHandler(accounts), new ReverseTakenBackCreditHandler(accounts)];
    const bus = {
      execute: (command: never) => ((command as object) instanceof ReverseTakenBackCredit ? undoing : taking).execute(command),
    } as unknown as CommandBus;
    const showing = new SettlementProcess({ bus } as unknown as ConstructorParameters<typeof SettlementProcess>[0]);
    const { typePrefixes } = sending.filter;
    const log = await this.log();
    await sending.project(log.filter(({ type }) => typePrefixes.some((prefix) => type.startsWith(prefix))));
    await showing.project(log.filter(({ type, fin }) => /^Settlement(Finalized|Reversed)/.test(type) && fin['name'] === 'CreditRefunded'));
  }

  /** Of one ledger account in EUR: debits above zero. */
  async balance(ledgerAccount: string): Promise<string> {
    const postings = (await this.log()).flatMap(({ fin }) => (fin['postings'] ?? []) as unknown as readonly Posting[]);
    const mine = postings.filter(({ account: place, currency }) => place === ledgerAccount && currency === 'EUR');
    return mine.reduce((sum, { amount, direction }) => sum + (direction === 'debit' ? Number(amount) : -Number(amount)), 0).toFixed(2);
  }
}
