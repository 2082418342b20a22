import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Aggregate, DomainEvent } from '../../../services/commands/domain/aggregate.ts';
import { accept } from '../../../services/commands/domain/decision.ts';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { moneyOf } from '../../../services/money/money.ts';
import { OpenCheckout, OpenCheckoutHandler } from '../../../services/settlement/application/checkout/open-checkout.handler.ts';
import type { PayableSubjects } from '../../../services/settlement/application/checkout/payable-subjects.ts';
import { SlotNumbers } from '../../../services/settlement/application/checkout/slot-numbers.ts';
import { SlotReleases } from '../../../services/settlement/application/checkout/slot-releases.ts';
import { SettlementChains } from '../../../services/settlement/application/settlement-chains.ts';
import { settlementProviderStream, slotStream, termsStream } from '../../../services/settlement/application/settlement-streams.ts';
import { settlementProvider } from '../../../services/settlement/domain/settlement-provider.ts';
import { slot } from '../../../services/settlement/domain/slot.ts';
import { noTerms, terms, termsHashOf } from '../../../services/settlement/domain/terms.ts';
import type { TermsDocument } from '../../../services/settlement/domain/terms.events.ts';
import { envelope, executionOn } from '../../support/execution.ts';
import { account, invoice, place } from './slot.fixtures.ts';

const profile = { finality: 'tag' as const, realMoney: false, confirmations: [] };
const chains = new SettlementChains([
  {
    ...{ chainId: place.chainId, rpcUrls: [], contracts: { registry: '0x', settlement: place.contract }, codeHashes: {} },
    ...{ deploymentBlock: 0n, tokens: [], profile },
  },
]);
const monthly = (amount: string): TermsDocument => ({
  ...{ format: 'tallyroot-terms/1', provider: 'demo', offer: 'tv', version: '1', priceBooks: [], slaCredits: [], refunds: 'None.' },
  price: { amount, currency: 'EUR', cycle: 'month' },
});

/** A provider whose profile says terms, and a bill of one charge of that offer, for one and a half times its price. */
class BilledWorld {
  open = '18.15';
  #written = 0;
  readonly #executor = executionOn(new MemoryEventStore()).executor;

  /** Answers the hash. */
  async publish(document: TermsDocument): Promise<string> {
    const hash = termsHashOf(document);
    await this.#write(terms, termsStream('demo', hash), { type: 'TermsPublished/1', data: { hash, document } });
    return hash;
  }

  async profile(termsHash: string): Promise<void> {
    const stream = settlementProviderStream('demo');
    await this.#write(settlementProvider, stream, { type: 'SettlementProviderNamed/1', data: { providerId: '11' } });
    await this.#write(settlementProvider, stream, { type: 'SettlementProfileSet/1', data: { legalName: 'Demo', termsHash } });
  }

  /** The terms of the slot that is opened for the bill, or why there is none. */
  async checkout(termsHash?: string): Promise<{ readonly seq: string; readonly terms: string } | string> {
    const lines = [{ product: 'tv', description: 'TV', count: '1', amount: '18.15' }];
    const bill = { kind: 'invoice', account, invoice, number: 'INV-000001', lines, priceBooks: [] } as const;
    const subjects = {
      find: () => Promise.resolve({ ...bill, amount: moneyOf(this.open, 'EUR') }),
      refusalOf: () => Promise.resolve(undefined),
    } as unknown as PayableSubjects;
    const releases = new SlotReleases(this.#executor, { evidenceOf: () => Promise.reject(new Error('Nothing was quoted.')) });
    const numbers = new SlotNumbers(this.#executor, { has: () => Promise.resolve(false) });
    const clock = { now: () => '2026-03-01T00:00:00.000Z' };
    const handler = new OpenCheckoutHandler(this.#executor, subjects, chains, releases, numbers, clock);
    const asked = { subject: { kind: 'invoice', invoice } as const, ...(termsHash !== undefined && { termsHash }) };
    const { seq, outcome } = await handler.execute(new OpenCheckout(envelope(`${this.#written++}`), asked));
    if (outcome.kind === 'rejected') return outcome.rejection.code;
    const state = await this.#executor.current(slot, slotStream('demo', seq), 'demo');
    return { seq, terms: state.status === 'none' ? '' : state.opened.termsHash };
  }

  async #write<State, Event extends DomainEvent>(aggregate: Aggregate<State, Event>, stream: string, event: NoInfer<Event>): Promise<void> {
    await this.#executor.execute({ aggregate, stream, envelope: envelope(`w${this.#written++}`), decide: () => accept(event) });
  }
}

let world: BilledWorld;
let hash: string;
beforeEach(async () => {
  world = new BilledWorld();
  hash = await world.publish(monthly('12.10'));
  await world.profile(hash);
});

describe('[D15] the checkout of a bill', () => {
  it('is opened under the terms of the profile whatever is on it, and under none, but not under terms that were named and contradict it', async () => {
    expect(await world.checkout(hash)).toBe('terms_contradict');
    expect(await world.checkout()).toEqual({ seq: '1', terms: hash });
    expect(await world.checkout(noTerms)).toMatchObject({ seq: '1' });
  });

  it('keeps the terms of its open slot, also in the next one, when the profile has others by now', async () => {
    const dearer = await world.publish(monthly('18.15'));
    expect(await world.checkout(dearer)).toEqual({ seq: '1', terms: dearer });
    await world.profile(await world.publish(monthly('20.00')));
    expect(await world.checkout()).toEqual({ seq: '1', terms: dearer });
    world.open = '10.00';
    expect(await world.checkout()).toEqual({ seq: '2', terms: dearer });
  });
});
