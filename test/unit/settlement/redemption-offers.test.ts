import { beforeEach, describe, expect, it } from '@jest/globals';
import { AbiCoder } from 'ethers';
import type { ChainNode } from '../../../services/chain/application/chain-node.ts';
import type { Aggregate, DomainEvent } from '../../../services/commands/domain/aggregate.ts';
import { accept } from '../../../services/commands/domain/decision.ts';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { ChainCreditDesk } from '../../../services/settlement/adapters/chain/chain.credit-desk.ts';
import {
  creditHolderStream,
  creditHoldingStream,
  creditTokenStream,
} from '../../../services/settlement/application/credit/credit-streams.ts';
import type { PayableSubjects } from '../../../services/settlement/application/checkout/payable-subjects.ts';
import { OfferRedemption, OfferRedemptionHandler } from '../../../services/settlement/application/credit/redemption.handlers.ts';
import { SettlementChains } from '../../../services/settlement/application/settlement-chains.ts';
import { slotStream } from '../../../services/settlement/application/settlement-streams.ts';
import { SlotReleases } from '../../../services/settlement/application/checkout/slot-releases.ts';
import { creditHolder } from '../../../services/settlement/domain/credit-holder.ts';
import { creditHolding } from '../../../services/settlement/domain/credit-holding.ts';
import { creditTokens } from '../../../services/settlement/domain/credit-token.ts';
import { slot } from '../../../services/settlement/domain/slot.ts';
import { envelope, executionOn } from '../../support/execution.ts';
import { creditContract, holder, otherAccount } from './credit.fixtures.ts';
import { account, issued, place, quoteIssued, seconds, slotOpened } from './slot.fixtures.ts';

const midnight = '2026-03-01T00:00:00.000Z';
/** So many seconds later. */
const at = (by: number) => new Date(Date.parse(midnight) + by * 1000).toISOString();
const profile = { finality: 'tag' as const, realMoney: false, confirmations: [] };
const chain = {
  ...{ chainId: place.chainId, rpcUrls: [], contracts: { registry: '0x', settlement: place.contract }, codeHashes: {} },
  ...{ deploymentBlock: 0n, tokens: [], profile },
};

/** A slot of 60.50 EUR, a holder that the ledger gave credit to, and a chain that says how much of it is left. */
class OfferWorld {
  held = 6050n;
  /** Who asks for an offer. */
  holder = holder;
  /** How often the chain was asked. */
  asked = 0;
  /** How often something was to be counted for whoever asked. */
  costs = 0;
  #written = 0;
  readonly #executor = executionOn(new MemoryEventStore()).executor;

  static async open(): Promise<OfferWorld> {
    const world = new OfferWorld();
    const recorded = { chainId: place.chainId, contract: creditContract, currency: 'EUR', decimals: '2', tx: '0x1' };
    await world.#write(slot, slotStream('demo', '7'), slotOpened());
    await world.#write(creditTokens, creditTokenStream('demo', place.chainId), { type: 'CreditTokenRecorded/1', data: recorded });
    await world.#write(creditHolder, creditHolderStream('demo', holder), { type: 'CreditHolderNamed/1', data: { holder, account } });
    await world.own(6050);
    return world;
  }

  /** The account has so much more of what lies under the address. */
  async own(units: number, of = account): Promise<void> {
    const at = { chainId: place.chainId, contract: creditContract, holder };
    const change = { epoch: '84', account: of, units: units.toString() };
    const moved = { ...at, settlement: `issue ${of} ${units}`, name: 'CreditIssued', changes: [change], effectiveAt: midnight } as const;
    await this.#write(creditHolding, creditHoldingStream('demo', at), { type: 'CreditMoved/1', data: moved });
  }

  quoted(): Promise<void> {
    const [validAfter, deadline] = [-60, 600].map((by) => String(seconds(midnight) + by)) as [string, string];
    return this.#write(slot, slotStream('demo', '7'), issued(quoteIssued({ validAfter, deadline })));
  }

  /** What the holder is answered. */
  offer(key: string, now = midnight) {
    const witness = { evidenceOf: () => Promise.reject(new Error('Nothing was quoted.')) };
    const subjects = { refusalOf: () => Promise.resolve(undefined) } as unknown as PayableSubjects;
    const chains = new SettlementChains([chain]);
    const desk = new ChainCreditDesk(chains, () => this.#node());
    const releases = new SlotReleases(this.#executor, witness);
    const handler = new OfferRedemptionHandler(this.#executor, subjects, releases, chains, desk, { now: () => now });
    return handler.execute(new OfferRedemption(envelope(key), '7', this.holder, () => this.costs++));
  }

  /** Who comes next. */
  async turn() {
    const state = await this.#executor.current(slot, slotStream('demo', '7'), 'demo');
    return state.status === 'none' ? undefined : state.asked;
  }

  async offers(): Promise<number> {
    const state = await this.#executor.current(slot, slotStream('demo', '7'), 'demo');
    return state.status === 'none' ? 0 : state.redemptions.length;
  }

  #node(): ChainNode {
    const call = () => {
      this.asked++;
      return Promise.resolve(AbiCoder.defaultAbiCoder().encode(['uint256'], [this.held]));
    };
    return { call: call as ChainNode['call'] };
  }

  async #write<State, Event extends DomainEvent>(aggregate: Aggregate<State, Event>, stream: string, event: NoInfer<Event>): Promise<void> {
    await this.#executor.execute({ aggregate, stream, envelope: envelope(`${this.#written++}`), decide: () => accept(event) });
  }
}

let world: OfferWorld;
beforeEach(async () => (world = await OfferWorld.open()));

describe('an offer to pay with credit', () => {
  it('is made to a holder that has enough', async () => {
    expect(await world.offer('first')).toMatchObject({ kind: 'accepted' });
    expect(await world.offers()).toBe(1);
  });

  it('is not made to one that has less: anybody with the link can name it', async () => {
    world.held = 6049n;
    expect(await world.offer('first')).toEqual({
      kind: 'rejected',
      rejection: { code: 'credit_short', holder, needed: '6050', held: '6049' },
    });
    expect(await world.offers()).toBe(0);
  });

  it('is not made with what another account bought under the same address', async () => {
    await world.own(-1);
    await world.own(6050, otherAccount);
    world.held = 12_099n;
    expect(await world.offer('first')).toEqual({
      kind: 'rejected',
      rejection: { code: 'credit_short', holder, needed: '6050', held: '6049' },
    });
    await world.own(1);
    expect(await world.offer('second')).toMatchObject({ kind: 'accepted' });
  });

  it('counts only where a node is asked, and not for whoever names somebody without credit, or comes while a quote is good', async () => {
    await world.offer('first');
    expect(world.costs).toBe(1);
    world.holder = `0x${'77'.repeat(20)}`;
    expect(await world.offer('second')).toMatchObject({ rejection: { code: 'credit_holder_unknown' } });
    expect(world.costs).toBe(1);
    world = await OfferWorld.open();
    await world.quoted();
    for (const key of ['third', 'fourth']) expect(await world.offer(key, at(60))).toMatchObject({ rejection: { code: 'slot_bound' } });
    // The first time it is looked whether there is enough, so that credit comes next.
    expect([world.costs, world.asked]).toEqual([1, 1]);
  });

  it('is written down where quotes keep it out, for a holder that has enough', async () => {
    await world.quoted();
    world.held = 6049n;
    expect(await world.offer('short', at(60))).toMatchObject({ rejection: { code: 'credit_short' } });
    expect(await world.turn()).toBeUndefined();
    world.held = 6050n;
    expect(await world.offer('enough', at(60))).toMatchObject({ rejection: { code: 'slot_bound', until: at(840) } });
    expect(await world.turn()).toMatchObject({ holder, units: '6050' });
  });

  it('is answered again while it is good, without asking the chain, also once the credit is spent', async () => {
    await world.offer('first');
    [world.held, world.asked] = [0n, 0];
    for (const key of ['first', 'second']) expect(await world.offer(key)).toMatchObject({ kind: 'accepted' });
    expect(world.asked).toBe(0);
  });

  it('is answered by what it did where its command is repeated late, and a new one needs the credit', async () => {
    await world.offer('first');
    world.held = 0n;
    const late = '2026-03-01T00:05:01.000Z';
    expect(await world.offer('first', late)).toMatchObject({ kind: 'accepted' });
    expect(await world.offer('second', late)).toMatchObject({ kind: 'rejected', rejection: { code: 'credit_short' } });
  });
});
