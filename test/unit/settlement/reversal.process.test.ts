import type { CommandBus } from '@nestjs/cqrs';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Accounts, accountStream } from '../../../services/accounts/application/account-command.ts';
import { EndTitleGrant, EndTitleGrantHandler } from '../../../services/accounts/application/end-title-grant.handler.ts';
import { ReverseSettlementCreditHandler } from '../../../services/accounts/application/reverse-settlement-credit.handler.ts';
import { account } from '../../../services/accounts/domain/account.ts';
import type { EscrowPurchases } from '../../../services/settlement/application/escrow/escrow-purchases.ts';
import { PurchaseFacts } from '../../../services/settlement/application/booking/purchase-facts.ts';
import { SettlementProcess } from '../../../services/settlement/application/booking/settlement.process.ts';
import { settlementStream } from '../../../services/settlement/application/settlement-streams.ts';
import { matchPayment } from '../../../services/settlement/domain/settlement-match.ts';
import { reverse } from '../../../services/settlement/domain/settlement.decider.ts';
import { settlement } from '../../../services/settlement/domain/settlement.ts';
import { History, purchase } from '../accounts/account.fixtures.ts';
import { EffectHistory, eth, foundSlot } from './effect.fixtures.ts';
import { paid, RefundWorld, settlementKey } from './refund.fixtures.ts';
import { account as id } from './slot.fixtures.ts';

const why = { reason: 'The chain went back.', effectiveAt: '2026-03-03T00:00:00.000Z' };
let world: RefundWorld;
beforeEach(async () => {
  world = await RefundWorld.open();
});

const reverseIt = () => world.act(settlement, settlementStream('demo', settlementKey), (state) => reverse(state, why));

/** Handles reversals alone, as a process that has handled everything before. */
async function follow(): Promise<void> {
  const executor = world.executor();
  const accounts = new Accounts(executor);
  const [reversing, ending] = [new ReverseSettlementCreditHandler(accounts), new EndTitleGrantHandler(accounts)];
  const bus = {
    execute: (command: never) => ((command as object) instanceof EndTitleGrant ? ending : reversing).execute(command),
  } as unknown as CommandBus;
  const process = new SettlementProcess({ bus, purchases: {} as EscrowPurchases, facts: new PurchaseFacts(executor) });
  await process.project(await world.typed('SettlementReversed/1'));
}

describe('a payment that was final and is gone', () => {
  it('is taken back from its account, once, and the account is told why', async () => {
    await reverseIt();
    await follow();
    await follow();
    const reversals = await world.typed('SettlementCreditReversed/1');
    expect(reversals).toMatchObject([
      { stream: accountStream('demo', id), fin: { settlement: settlementKey, amount: '60.50', wallet: '60.50', reason: why.reason } },
    ]);
  });

  it('closes the window of the title that it bought, where that has not begun', async () => {
    world = new RefundWorld();
    const payment = {
      ...matchPayment(paid, foundSlot(), eth).payment!,
      purpose: { kind: 'title', order: '1', title: purchase('1').title } as const,
    };
    const seen = new EffectHistory().observed(paid, { payment }).finalized({ token: eth });
    await world.write(settlement, settlementStream('demo', settlementKey), ...seen.events);
    const of = { settlement: settlementKey, slot: '7' };
    const customer = new History().prepaid().granted('60.50', of);
    await world.write(account, accountStream('demo', id), ...customer.credited('60.50', { ...of, purpose: { kind: 'title' } }).events);
    await reverseIt();
    await follow();
    const types = (await world.typed('SettlementCreditReversed/1', 'TitleGrantEnded/1')).map(({ type, fin }) => [type, fin['reason']]);
    expect(types).toEqual([
      ['SettlementCreditReversed/1', why.reason],
      ['TitleGrantEnded/1', 'reorged'],
    ]);
  });

  it('is not paid back by a refund that was decided before, and not yet ordered', async () => {
    await world.decide('30.25');
    await reverseIt();
    await follow();
    await world.follow();
    expect(await world.typed('RefundOrdered/1')).toEqual([]);
    expect(await world.typed('SettlementRefundReturned/1')).toMatchObject([{ fin: { failure: 'payment_reversed', wallet: '30.25' } }]);
    const state = await world.executor().current(account, accountStream('demo', id), 'demo');
    expect(state).toMatchObject({ wallet: 0n });
  });
});
