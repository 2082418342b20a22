import type { Clock } from '../../../commands/application/clock.ts';
import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { isRetryable } from '../../../read-store/database-away.ts';
import { settlementId } from '../../domain/chain-effect.ts';
import { effectsOf } from '../../domain/dispatch-effects.ts';
import { dispatch, type Dispatch } from '../../domain/dispatch.ts';
import { settlement, standingOf } from '../../domain/settlement.ts';
import type { OpenDispatch } from './open-dispatches.ts';
import type { SendingAlarm } from './sending-status.ts';
import { dispatchStream } from './sending-streams.ts';
import { settlementStream } from '../settlement-streams.ts';
import type { DueRounds } from './settlement-sender.ts';

/** A dispatch that is done, while nothing that its transaction did was told as final as far as this was read. */
export interface UnseenDispatch extends OpenDispatch {
  /** Of its last order, in the log. */
  readonly position: bigint;
}

/** Finds what may have to be looked at; what is so is said by the streams. */
export interface UnseenDispatches {
  /** Ordered since then and behind that position, in order, at most so many. */
  unseen(asked: { readonly since: Date; readonly after: bigint; readonly limit: number }): Promise<readonly UnseenDispatch[]>;
}

export interface UnseenEffectsOptions {
  readonly executor: CommandExecutor;
  readonly found: UnseenDispatches;
  readonly clock: Clock;
  /** Which are watched; what was done on others is never told of. */
  readonly chainIds: readonly string[];
  /** So many are looked at in a round. */
  readonly perRoundMax: number;
  readonly onAlarm: (alarm: SendingAlarm) => void;
}

type Done = Extract<Dispatch, { readonly status: 'done' }>;

interface Notice {
  readonly noticedAt: number;
  readonly toldAt?: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** The watcher is behind by minutes where nothing is wrong. */
const graceMs = hourMs;
/** Whoever was told each day for so long is told no more. */
const lookBackMs = 30 * dayMs;

/**
 * Tells of what is done as the sender has it, of which the watcher has told nothing since. A dispatch ends by the word of one node, and
 * effects are believed only of several: where that one lied, or followed another fork, nothing is sent again, and nobody else would notice.
 */
export class UnseenEffects implements DueRounds {
  readonly #options: UnseenEffectsOptions;
  /** In this turn over all of them, and in the one before. */
  #notices = new Map<string, Notice>();
  #before = new Map<string, Notice>();
  #after = 0n;
  #restsUntil = 0;

  constructor(options: UnseenEffectsOptions) {
    this.#options = options;
  }

  /** The next of them, and once all were looked at, after an hour, the first ones again. A defect keeps nothing behind it, and is thrown at the end. */
  async round(): Promise<void> {
    const { found: dispatches, clock, perRoundMax } = this.#options;
    const now = Date.parse(clock.now());
    if (now < this.#restsUntil) return;
    const asked = { since: new Date(now - lookBackMs), after: this.#after, limit: perRoundMax };
    const found = await dispatches.unseen(asked);
    const faults: unknown[] = [];
    for (const each of found) {
      await this.#look(each, now).catch((fault: unknown) => {
        if (isRetryable(fault)) throw fault; // The next round finds them all again.
        faults.push(fault);
      });
    }
    if (found.length === perRoundMax) this.#after = found.at(-1)?.position ?? 0n;
    else this.#beginAnew(now);
    if (faults.length > 0)
      throw new AggregateError(faults, `${faults.length} dispatches could not be looked at; the first: ${String(faults[0])}`);
  }

  #beginAnew(now: number): void {
    this.#before = this.#notices;
    this.#notices = new Map();
    [this.#after, this.#restsUntil] = [0n, now + hourMs];
  }

  async #look({ provider, id }: UnseenDispatch, now: number): Promise<void> {
    const stream = dispatchStream(provider, id);
    const state = await this.#options.executor.current(dispatch, stream, provider);
    if (state.status !== 'done' || !this.#options.chainIds.includes(state.order.data.chainId)) return;
    if (await this.#isSeen(provider, state)) return;
    const key = `${stream}:${state.orderedAt}`;
    const known = this.#notices.get(key) ?? this.#before.get(key) ?? { noticedAt: now };
    this.#notices.set(key, known);
    // The time of the block is the word of the same node: one that names a day to come keeps nobody from being told.
    const isLate = now - Math.min(Date.parse(state.done.block.time), known.noticedAt) >= graceMs;
    if (!isLate || (known.toldAt !== undefined && now - known.toldAt < dayMs)) return;
    this.#notices.set(key, { ...known, toldAt: now });
    const { tx, block } = state.done;
    const what = `${stream} was done by ${tx} in block ${block.number} of ${block.time}, as one node says`;
    const message = `${what}, and the watcher has told of no final effect of it since.`;
    this.#options.onAlarm({ chainId: state.order.data.chainId, code: 'effect_unseen', message });
  }

  /** By another transaction, too: a copy of ours with other fees, or somebody who may do the same. */
  async #isSeen(provider: string, { order }: Done): Promise<boolean> {
    const { chainId, contract } = order.data;
    for (const expected of effectsOf(order)) {
      const stream = settlementStream(provider, settlementId({ chainId, contract, ...expected }));
      const state = await this.#options.executor.current(settlement, stream, provider);
      if (standingOf(state) !== 'finalized') return false;
    }
    return true;
  }
}
