import { AssertionError } from 'node:assert';
import type { ChainEffect } from '../../domain/chain-effect.ts';
import { EffectDefect, SettlementAlarm } from '../settlement-alarms.ts';
import type { SettlementLedger } from './settlement-ledger.ts';
import type { Delivery, WatchCursor, WatcherStore } from './watcher-store.ts';

/** Told of one provider in one look, before the others have their turn again: strangers can make as many effects for it as they pay for. */
const tellingsMax = 500;
/** Told in one look: the next ones go on. */
const revocationsMax = 1_000;

/**
 * Tells the ledger what was seen and what was lost, until it is done with it. What was told before a crash is told again, which changes
 * nothing there.
 */
export class EffectDelivery {
  readonly #chainId: string;
  readonly #store: WatcherStore;
  readonly #ledger: SettlementLedger;
  /** The heads that each observation was told with, and when; it is told again only with later ones. */
  readonly #told = new Map<bigint, { readonly text: string; readonly at: number }>();
  #tellings = 0;
  /** Providers of which nothing is kept as ignored any more. */
  readonly #heeded = new Set<string>();

  constructor(chainId: string, store: WatcherStore, ledger: SettlementLedger) {
    this.#chainId = chainId;
    this.#store = store;
    this.#ledger = ledger;
  }

  /**
   * Losses first: the chain may have come back to what was lost. What the ledger refuses of a provider sets aside everything behind it of this
   * provider, whose order is kept, and of nobody else; the first refusal is answered. Throws what the ledger fails with, and goes on from
   * there the next time.
   */
  async deliver(): Promise<Error | undefined> {
    await this.#heedNew();
    const refusal = await this.#tellEffects();
    // After what pays: nobody is kept waiting by ends of mandates, which anybody can make.
    await this.#tellRevocations();
    return refusal;
  }

  /** What a provider did on chain before we knew it is told as soon as we do. */
  async #heedNew(): Promise<void> {
    const fresh = (await this.#ledger.providers()).filter((id) => !this.#heeded.has(id));
    if (fresh.length === 0) return;
    await this.#store.heed(this.#chainId, fresh);
    for (const id of fresh) this.#heeded.add(id);
  }

  async #tellRevocations(): Promise<void> {
    const revocations = await this.#store.revocations(this.#chainId, revocationsMax);
    if (revocations.length === 0) return;
    await this.#ledger.mandatesRevoked(revocations.map(({ end }) => end));
    await this.#store.revocationsTold(revocations.map(({ id }) => id));
  }

  async #tellEffects(): Promise<Error | undefined> {
    const cursors = new Map((await this.#store.cursors(this.#chainId)).map((cursor) => [cursor.address, cursor]));
    const refusals = new Map<string, Error>();
    const tellings = new Map<string, number>();
    for (const { delivery, cursor } of this.#inTurn(await this.#store.deliveries(this.#chainId), cursors)) {
      const { providerId } = delivery.effect;
      const told = tellings.get(providerId) ?? 0;
      if (refusals.has(providerId) || told >= tellingsMax) continue;
      tellings.set(providerId, told + 1);
      try {
        await this.#tell(delivery, cursor);
      } catch (error) {
        const refusal = refusalOf(delivery.effect, error);
        if (refusal === undefined) throw error;
        refusals.set(providerId, refusal);
      }
    }
    return refusals.values().next().value;
  }

  /**
   * What there is to tell with these heads, for each provider: losses, what is final, both in the order of the chain, what is new, and at last
   * what waits to be deep enough, the one that was told longest ago first.
   */
  #inTurn(deliveries: readonly Delivery[], cursors: ReadonlyMap<string, WatchCursor>): Turn[] {
    const turns = deliveries.flatMap((delivery): Turn[] => {
      const cursor = cursors.get(delivery.effect.contract);
      if (cursor === undefined || (delivery.kind === 'seen' && this.#told.get(delivery.id)?.text === textOf(cursor))) return [];
      return [{ delivery, cursor, turn: turnOf(delivery, cursor), at: this.#told.get(delivery.id)?.at ?? 0 }];
    });
    return turns.toSorted((left, right) => left.turn - right.turn || left.at - right.at);
  }

  async #tell(delivery: Delivery, { observed, finalized }: WatchCursor): Promise<void> {
    const { id, effect } = delivery;
    if (delivery.kind === 'lost') {
      await this.#ledger.reorged(effect, delivery.reason);
      await this.#store.told(id, 'undone');
      this.#told.delete(id);
      return;
    }
    const heads = { head: observed.number, finalized: finalized.number };
    const standing = await this.#ledger.take(effect, heads);
    if (standing !== delivery.standing) await this.#store.told(id, standing);
    if (standing === 'observed') this.#told.set(id, { text: textOf({ observed, finalized }), at: ++this.#tellings });
    else this.#told.delete(id);
  }
}

interface Turn {
  readonly delivery: Delivery;
  readonly cursor: WatchCursor;
  readonly turn: number;
  /** When it was told last, of this process; 0 when it was not. */
  readonly at: number;
}

function turnOf(delivery: Delivery, { finalized }: WatchCursor): number {
  if (delivery.kind === 'lost') return 0;
  if (BigInt(delivery.effect.block.number) <= finalized.number) return 1;
  return delivery.standing === undefined ? 2 : 3;
}

function textOf({ observed, finalized }: Pick<WatchCursor, 'observed' | 'finalized'>): string {
  return `${observed.number} ${finalized.number}`;
}

/** What lies in the effect, or in what the ledger has of its provider, and not in a world that is away. Undefined for that. */
function refusalOf(effect: ChainEffect, error: unknown): SettlementAlarm | EffectDefect | undefined {
  if (error instanceof SettlementAlarm) return error;
  // What one provider's effect brings out of our own mistakes must not silence the others.
  const isDefect = [RangeError, TypeError, SyntaxError, AssertionError].some((kind) => error instanceof kind);
  return isDefect ? new EffectDefect(effect, error as Error) : undefined;
}
