import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Aggregate, DomainEvent } from '../../../services/commands/domain/aggregate.ts';
import { accept } from '../../../services/commands/domain/decision.ts';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { DueSlots } from '../../../services/settlement/application/checkout/due-slots.ts';
import { TooManyAsksFault } from '../../../services/settlement/application/checkout/checkout-limits.ts';
import type { PayableSubjects } from '../../../services/settlement/application/checkout/payable-subjects.ts';
import { SlotReleases } from '../../../services/settlement/application/checkout/slot-releases.ts';
import { IssueQuote, IssueQuoteHandler } from '../../../services/settlement/application/quoting/issue-quote.handler.ts';
import { QuotePrices } from '../../../services/settlement/application/quoting/quote-prices.ts';
import type { QuoteSigner } from '../../../services/settlement/application/quoting/quote-signer.ts';
import { SettlementChains } from '../../../services/settlement/application/settlement-chains.ts';
import { slotStream } from '../../../services/settlement/application/settlement-streams.ts';
import { slot } from '../../../services/settlement/domain/slot.ts';
import { envelope, executionOn } from '../../support/execution.ts';
import { dollar, payer } from './effect.fixtures.ts';
import { place, slotOpened, usdc } from './slot.fixtures.ts';

/** As the executor's clock says. */
const after = (seconds: number) => new Date(Date.UTC(2026, 2, 1) + seconds * 1000).toISOString();
const chains = new SettlementChains([
  {
    ...{ chainId: place.chainId, rpcUrls: [], contracts: { registry: '0x', settlement: place.contract }, codeHashes: {} },
    ...{ deploymentBlock: 0n, tokens: [dollar], profile: { finality: 'tag', realMoney: false, confirmations: [] } },
  },
]);

/** A slot that may be quoted in dollars, a signer that counts what it signs, and whoever asks may cost so much. */
class QuoteWorld {
  costs = 0;
  costsMax = Number.POSITIVE_INFINITY;
  signed = 0;
  #written = 0;
  readonly #executor = executionOn(new MemoryEventStore()).executor;

  async open(): Promise<void> {
    await this.#write(slot, slotStream('demo', '7'), slotOpened());
  }

  async ask(now: string, { token = usdc, by = payer } = {}): Promise<string> {
    const clock = { now: () => now };
    const subjects = { refusalOf: () => Promise.resolve(undefined) } as unknown as PayableSubjects;
    const releases = new SlotReleases(this.#executor, { evidenceOf: () => Promise.reject(new Error('Nobody asks.')) });
    const due = new DueSlots({ executor: this.#executor, subjects, releases });
    const rate = { source: 'table', at: after(0), spreadBps: '0', ageSecondsMax: 6_000n, quoteSeconds: 600n, rate: '0.5' };
    const prices = new QuotePrices({
      ...{
        executor: this.#executor,
        chains,
        scales: { decimalsOf: () => Promise.resolve(6) },
        caps: { leftOf: () => Promise.resolve(0n) },
      },
      rates: { rateOf: (_, base, currency) => Promise.resolve({ base, currency, ...rate }) },
    });
    const sign = () => Promise.resolve((this.signed++, { signer: payer, signature: '0x' }));
    const handler = new IssueQuoteHandler(this.#executor, { sign } as unknown as QuoteSigner, due, prices, clock);
    const asked = { seq: '7', token, payer: by };
    const outcome = await handler.execute(new IssueQuote(envelope(`${this.#written++}`), asked, () => this.#cost()));
    return outcome.kind === 'rejected' ? outcome.rejection.code : outcome.kind;
  }

  #cost(): void {
    if (this.costs === this.costsMax) throw new TooManyAsksFault('This checkout asked too often.', 1_000);
    this.costs++;
  }

  async #write<State, Event extends DomainEvent>(aggregate: Aggregate<State, Event>, stream: string, event: NoInfer<Event>): Promise<void> {
    await this.#executor.execute({ aggregate, stream, envelope: envelope(`w${this.#written++}`), decide: () => accept(event) });
  }
}

let world: QuoteWorld;
beforeEach(async () => {
  world = new QuoteWorld();
  await world.open();
});

describe('asking for a quote', () => {
  it('counts once where it is signed, and nothing for whoever asks again while it is good', async () => {
    expect(await world.ask(after(0))).toBe('accepted');
    for (let second = 1; second < 100; second++) expect(await world.ask(after(second))).toBe('accepted');
    expect([world.costs, world.signed]).toEqual([1, 1]);
    // Somebody else has the price signed once more, for everybody.
    for (const by of [`0x${'77'.repeat(20)}`, `0x${'78'.repeat(20)}`]) expect(await world.ask(after(100), { by })).toBe('accepted');
    expect([world.costs, world.signed]).toEqual([2, 2]);
  });

  it('counts nothing in a token that is not taken', async () => {
    expect(await world.ask(after(0), { token: payer })).toBe('token_not_taken');
    expect(world.costs).toBe(0);
  });

  it('signs nothing for whoever asked too much', async () => {
    world.costsMax = 1;
    await world.ask(after(0));
    await expect(world.ask(after(1), { by: `0x${'77'.repeat(20)}` })).rejects.toThrow(TooManyAsksFault);
    expect(world.signed).toBe(1);
  });
});
