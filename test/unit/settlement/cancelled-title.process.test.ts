import { beforeEach, describe, expect, it } from '@jest/globals';
import type { CommandBus } from '@nestjs/cqrs';
import { Accounts, accountStream } from '../../../services/accounts/application/account-command.ts';
import { EndTitleGrant, EndTitleGrantHandler } from '../../../services/accounts/application/end-title-grant.handler.ts';
import { RefundSettlement, RefundSettlementHandler } from '../../../services/accounts/application/refund-settlement.handler.ts';
import { account } from '../../../services/accounts/domain/account.ts';
import { CatalogReader, titleStream } from '../../../services/catalog/application/catalog-reader.ts';
import type { TitleEvent } from '../../../services/catalog/domain/catalog.events.ts';
import { title } from '../../../services/catalog/domain/title.ts';
import { CancelledTitleProcess } from '../../../services/settlement/application/escrow/cancelled-title.process.ts';
import type { EscrowPurchases } from '../../../services/settlement/application/escrow/escrow-purchases.ts';
import { EndPpvEvent, EndPpvEventHandler } from '../../../services/settlement/application/escrow/end-ppv-event.handler.ts';
import { RefundPayment, RefundPaymentHandler } from '../../../services/settlement/application/refunds/refund-payment.handler.ts';
import { SettlementChains } from '../../../services/settlement/application/settlement-chains.ts';
import { dispatchStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import { ppvEventStream, settlementStream } from '../../../services/settlement/application/settlement-streams.ts';
import { fail, order } from '../../../services/settlement/domain/dispatch.decider.ts';
import type { OrderEvent } from '../../../services/settlement/domain/dispatch.events.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { mappedTitle } from '../../../services/settlement/domain/ppv-event.ts';
import type { PpvEvent } from '../../../services/settlement/domain/settlement-provider.events.ts';
import { matchPayment } from '../../../services/settlement/domain/settlement-match.ts';
import { settlement } from '../../../services/settlement/domain/settlement.ts';
import type { KnownToken } from '../../../services/settlement/domain/token-amount.ts';
import { History, purchase } from '../accounts/account.fixtures.ts';
import { EffectHistory, escrow, eth, foundSlot } from './effect.fixtures.ts';
import { paid, RefundWorld, settlementKey } from './refund.fixtures.ts';
import { account as id, place } from './slot.fixtures.ts';

const titleId = purchase('1').title.id;
const stream = titleStream('demo', titleId);

const noPurchases: EscrowPurchases = { slotsOf: () => Promise.resolve([]), boughtIn: () => Promise.resolve([]) };

let world: RefundWorld;
let buyers: string[];
beforeEach(() => {
  [world, buyers] = [new RefundWorld(), []];
});

/** An account that has paid slot 7 for the title, in coins. */
async function bought(): Promise<void> {
  buyers.push(id);
  const seen = new EffectHistory().observed(paid, matchPayment(paid, foundSlot(), eth)).finalized({ token: eth });
  await world.write(settlement, settlementStream('demo', settlementKey), ...seen.events);
  const of = { settlement: settlementKey, slot: '7' };
  const customer = new History().prepaid().granted('60.50', of);
  await world.write(account, accountStream('demo', id), ...customer.credited('60.50', { ...of, purpose: { kind: 'title' } }).events);
}

async function calledOff(): Promise<void> {
  const { sale, entitlement } = purchase('1');
  const times = {
    onSaleFrom: sale.from,
    onSaleUntil: sale.until,
    startsAt: entitlement.from,
    endsAt: entitlement.until,
    graceMinutes: '0',
  };
  const events: TitleEvent[] = [
    { type: 'TitleListed/1', data: { title: titleId, name: 'Final', price: '60.50', currency: 'EUR', ...times } },
    { type: 'TitleCancelled/1', data: { title: titleId, reason: 'rain' } },
  ];
  await world.write(title, stream, ...events);
}

/** A process that handles everything from the beginning, with the tokens that the operator takes. */
async function follow(tokens: readonly KnownToken[] = [eth], escrows: { readonly escrow?: string } = { escrow }): Promise<void> {
  const executor = world.executor();
  const accounts = new Accounts(executor);
  const contracts = { registry: '0x', settlement: place.contract, ...escrows };
  const chains = new SettlementChains([
    {
      ...{ chainId: place.chainId, rpcUrls: [], contracts, codeHashes: {}, deploymentBlock: 0n, tokens },
      profile: { finality: 'tag', realMoney: false, confirmations: [] },
    },
  ]);
  const execute = (command: object) => handlers.get(command.constructor)!.execute(command as never);
  const bus = { execute } as unknown as CommandBus;
  const handlers = new Map<unknown, { execute(command: never): Promise<unknown> }>([
    [RefundPayment, new RefundPaymentHandler(executor, bus, chains)],
    [RefundSettlement, new RefundSettlementHandler(accounts)],
    [EndTitleGrant, new EndTitleGrantHandler(accounts)],
    [EndPpvEvent, new EndPpvEventHandler(executor, chains, noPurchases, { now: () => '2026-03-01T00:00:00.000Z' })],
  ]);
  const process = new CancelledTitleProcess({
    ...{ executor, bus, catalog: new CatalogReader(world.store), chains },
    buyers: { accountsOf: () => Promise.resolve(buyers) },
    onUndone: (notice) => world.undone.push(notice),
  });
  const { typePrefixes } = process.filter;
  await process.project((await world.log()).filter(({ type }) => typePrefixes.some((prefix) => type.startsWith(prefix))));
}

describe('a title that is called off', () => {
  it('is given back to who paid for it, once', async () => {
    await bought();
    await calledOff();
    await follow();
    await follow();
    expect(await world.typed('SettlementRefundDecided/1')).toMatchObject([{ fin: { amount: '60.50', title: { amount: '60.50' } } }]);
    expect(await world.typed('TitleGrantEnded/1')).toMatchObject([{ fin: { reason: 'refunded' } }]);
    expect(world.undone).toEqual([]);
  });

  it('may not be watched any more where the operator has taken the token away, who is told that the money is still here', async () => {
    await bought();
    await calledOff();
    await follow([]);
    expect(await world.typed('SettlementRefundDecided/1')).toEqual([]);
    expect(await world.typed('TitleGrantEnded/1')).toMatchObject([{ fin: { reason: 'event_cancelled' } }]);
    expect(world.undone).toContainEqual({ provider: 'demo', stream: accountStream('demo', id), what: 'refund', reason: 'token_not_taken' });
  });
});

describe('a title that was sold under terms with other times of escrow', () => {
  const mapped = (eventId: string, captureAfter: string): PpvEvent => {
    return { type: 'PpvEventMapped/1', data: { title: titleId, eventId, captureAfter, reclaimAfter: '1900000000' } };
  };

  it('[A18] is cancelled on chain for everybody who bought, by whatever terms', async () => {
    await world.write(mappedTitle, ppvEventStream('demo', titleId), mapped('900', '1800000000'), mapped('901', '1800086400'));
    await calledOff();
    await follow();
    await follow();
    expect(await world.typed('EventCancelOrdered/1')).toMatchObject([{ fin: { eventId: '900' } }, { fin: { eventId: '901' } }]);
  });
});

describe('an event whose capture is under way when its title is called off', () => {
  const eventId = '900';
  const data = { chainId: place.chainId, contract: escrow, providerId: '11', title: titleId, eventId };
  const dispatches = dispatchStream('demo', `event.${place.chainId}.${eventId}`);
  const failed = (ordered: string) =>
    world.act(dispatch, dispatches, (state) => fail(state, { ordered, failure: { code: 'reverted', error: 'EventIsOver()' } }));

  beforeEach(async () => {
    const mapped: PpvEvent = { type: 'PpvEventMapped/1', data: { title: titleId, eventId, captureAfter: '1', reclaimAfter: '2' } };
    await world.write(mappedTitle, ppvEventStream('demo', titleId), mapped);
    const capture: OrderEvent = { type: 'CaptureOrdered/1', data: { ...data, tokens: [eth.address] } };
    await world.act(dispatch, dispatches, (state) => order(state, capture));
  });

  it('is cancelled when nothing came of the capture', async () => {
    await calledOff();
    await follow();
    expect(await world.typed('EventCancelOrdered/1')).toEqual([]);
    await failed('0');
    await follow();
    await follow();
    expect(await world.typed('EventCancelOrdered/1')).toMatchObject([{ stream: dispatches, fin: { title: titleId, eventId } }]);
  });

  it('is not cancelled again and again where nothing came of that, either', async () => {
    await calledOff();
    await failed('0');
    await follow();
    await failed('2');
    await follow();
    expect(await world.typed('EventCancelOrdered/1')).toHaveLength(1);
  });

  it('is left to the operator where the escrow was taken away meanwhile', async () => {
    await calledOff();
    await failed('0');
    await follow([eth], {});
    expect(world.undone).toEqual([
      { provider: 'demo', stream: ppvEventStream('demo', titleId), what: 'cancel', reason: 'escrow_not_available' },
    ]);
  });

  it('is not cancelled where its title takes place', async () => {
    await failed('0');
    await follow();
    expect(await world.typed('EventCancelOrdered/1')).toEqual([]);
  });
});
