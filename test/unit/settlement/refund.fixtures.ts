import type { CommandBus } from '@nestjs/cqrs';
import { Accounts, accountStream } from '../../../services/accounts/application/account-command.ts';
import { ReturnRefundHandler } from '../../../services/accounts/application/return-refund.handler.ts';
import { account } from '../../../services/accounts/domain/account.ts';
import { refundSettlement } from '../../../services/accounts/domain/refunding.decider.ts';
import { RefundProcess } from '../../../services/settlement/application/refunds/refund.process.ts';
import { dispatchStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import type { UndoneNotice } from '../../../services/settlement/application/settlement-alarms.ts';
import { SettlementChains } from '../../../services/settlement/application/settlement-chains.ts';
import { settlementStream } from '../../../services/settlement/application/settlement-streams.ts';
import { type ChainEffect, settlementId } from '../../../services/settlement/domain/chain-effect.ts';
import { fail } from '../../../services/settlement/domain/dispatch.decider.ts';
import type { DispatchFailure, RefundOrdered } from '../../../services/settlement/domain/dispatch.events.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { matchPayment, type PaidEffect } from '../../../services/settlement/domain/settlement-match.ts';
import { settlement } from '../../../services/settlement/domain/settlement.ts';
import type { KnownToken } from '../../../services/settlement/domain/token-amount.ts';
import { eur, History } from '../accounts/account.fixtures.ts';
import { dollar, EffectHistory, effectOf, eth, foundSlot, payer, settled } from './effect.fixtures.ts';
import { dyingAt, type End, LedgerWorld } from './ledger.fixtures.ts';
import { account as id, place } from './slot.fixtures.ts';

const contracts = { registry: '0x', settlement: place.contract };
const chainsTaking = (tokens: readonly KnownToken[]) =>
  new SettlementChains([
    {
      ...{ chainId: place.chainId, rpcUrls: [], contracts, codeHashes: {}, deploymentBlock: 0n, tokens },
      profile: { finality: 'tag', realMoney: false, confirmations: [] },
    },
  ]);

/** The payment of slot 7, and a refund of it. */
export const paid = settled() as PaidEffect;
export const settlementKey = settlementId(paid);
export const ref = 'ref_00000000-0000-5000-8000-000000000001';

/** A ledger in which an account was credited with a payment of 60.50 EUR that is final, and processes that may end at any call. */
export class RefundWorld extends LedgerWorld {
  /** What its processes told. */
  readonly undone: UndoneNotice[] = [];

  static async open(): Promise<RefundWorld> {
    const world = new RefundWorld();
    const seen = new EffectHistory().observed(paid, matchPayment(paid, foundSlot(), eth)).finalized({ token: eth });
    await world.write(settlement, settlementStream('demo', settlementKey), ...seen.events);
    const customer = new History().prepaid().credited('60.50', { settlement: settlementKey, slot: '7' });
    await world.write(account, accountStream('demo', id), ...customer.events);
    return world;
  }

  decide(amount: string, refund = ref): Promise<void> {
    const data = { refund, settlement: settlementKey, amount: eur(amount), reason: 'sorry', effectiveAt: '2026-03-02T00:00:00.000Z' };
    return this.act(account, accountStream('demo', id), (state) => refundSettlement(state, data));
  }

  fail(refundSeq: string, failure: DispatchFailure): Promise<void> {
    return this.act(dispatch, dispatchStream('demo', `refund.${refundSeq}`), (state) => fail(state, { ordered: '0', failure }));
  }

  /** What the chain shows under the number of the first order, in a final block or not. */
  async show(amount: string, { isFinal = true } = {}): Promise<void> {
    const order = (await this.typed('RefundOrdered/1'))[0]!.fin as unknown as RefundOrdered;
    const { tokenUnits, tokenAmount } = order;
    const log = { name: 'Refunded', seq: '7', to: payer, refundSeq: '1', token: eth.address, amount, reason: '0x' } as const;
    const effect: ChainEffect = effectOf('refund', '1', log);
    const refund = { refund: ref, slot: '7', account: id, amount: order.amount, currency: 'EUR', token: 'ETH', tokenAmount };
    const history = new EffectHistory().observed(effect, amount === tokenUnits ? { refund } : { unmatched: 'refund_unknown' });
    if (isFinal) history.finalized({ token: eth });
    const stream = settlementStream('demo', settlementId(effect));
    const known = (await this.log()).filter((event) => event.stream === stream).length;
    await this.write(settlement, stream, ...history.events.slice(known));
  }

  /** A process that handles everything from the beginning, and that is killed at a call: before it, or when it has had its effect. */
  async follow({ tokens = [eth, dollar], ...end }: End & { readonly tokens?: readonly KnownToken[] } = {}): Promise<void> {
    const executor = dyingAt(this.executor(), end);
    const handler = new ReturnRefundHandler(new Accounts(executor));
    const bus = { execute: (command: never) => handler.execute(command) } as unknown as CommandBus;
    const process = new RefundProcess({ executor, bus, chains: chainsTaking(tokens), onUndone: (notice) => this.undone.push(notice) });
    const { typePrefixes } = process.filter;
    await process.project((await this.log()).filter(({ type }) => typePrefixes.some((prefix) => type.startsWith(prefix))));
  }
}
