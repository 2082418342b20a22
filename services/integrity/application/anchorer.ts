import { setTimeout as sleep } from 'node:timers/promises';
import type { EventStore } from '../../event-store/domain/event-store.ts';
import { prefixOf } from '../../event-store/domain/stream-name.ts';
import { chainKeyOf, type ListedChain } from '../domain/log-policy.ts';
import type { Anchor, AnchorStore } from './anchor-store.ts';
import type { AnchoringStatus } from './anchoring-status.ts';
import { LogAnchorer, type LogAnchorerOptions } from './log-anchorer.ts';
import { type ProviderLog, ProviderUnknownFault } from './provider-logs.ts';

export interface AnchorerOptions extends LogAnchorerOptions {
  readonly anchors: AnchorStore;
  readonly store: EventStore;
}

/** Somebody asked for an anchor of a log that is anchored nowhere. */
export class NotAnchoredFault extends Error {
  override readonly name = 'NotAnchoredFault';
  readonly retryable = false;
}

const anchorNowMsMax = 120_000;
const anchorNowPollMs = 50;

/** Anchors every log, also those that are opened while it runs. Each goes its own way: what stops one stops no other. */
export class Anchorer {
  readonly #options: AnchorerOptions;
  readonly #anchorers = new Map<string, LogAnchorer>();
  #forget: (() => void) | undefined;

  constructor(options: AnchorerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#forget ??= this.#options.logs.onKnown(({ slug }) => {
      const anchorer = new LogAnchorer(slug, this.#options);
      this.#anchorers.set(slug, anchorer);
      anchorer.start();
    });
  }

  /** Resolves when nothing is written or sent any more. What is under way goes on after the next start. */
  async stop(): Promise<void> {
    this.#forget?.();
    await Promise.all([...this.#anchorers.values()].map((anchorer) => anchorer.stop()));
  }

  statuses(): AnchoringStatus[] {
    return [...this.#anchorers.values()].map(({ status }) => status);
  }

  /**
   * Commits to everything that the provider's streams hold at the call and anchors it on the chain of the fastest pace. Resolves with the
   * final anchor. Throws the alarm that stands in the way, and `NotAnchoredFault` for a log without a chain, after `stop`, or when it takes more than two minutes.
   */
  async anchorNow(slug: string): Promise<Anchor> {
    const { logs, rounds, anchors } = this.#options;
    const log = await logs.find(slug);
    const anchorer = this.#anchorers.get(slug);
    if (log === undefined || anchorer === undefined) throw new ProviderUnknownFault(slug);
    const chain = this.#fastestOf(log);
    if (chain === undefined) throw new NotAnchoredFault(`${slug} lists no chain that this process anchors on.`);
    const deadline = Date.now() + anchorNowMsMax;
    const wantedSize = (await this.#leafOfLastEvent(slug, deadline)) + 1n;
    for (; Date.now() < deadline; await sleep(anchorNowPollMs)) {
      anchorer.want(wantedSize);
      const { alarm, state } = anchorer.status;
      if (alarm !== undefined && (state === 'alarm' || state === 'retrying')) throw alarm;
      if (state === 'stopped') throw new NotAnchoredFault(`Anchoring of ${slug} was stopped.`);
      const round = await rounds.newestFor(slug, chainKeyOf(chain));
      const anchor = await anchors.lastFinalised(slug, chain);
      if (round?.head !== undefined && round.uptoSize >= wantedSize && anchor !== undefined && anchor.size >= round.head.size)
        return anchor;
    }
    throw new NotAnchoredFault(`${slug} was not anchored in time; it is ${anchorer.status.state}.`);
  }

  #fastestOf({ policy }: ProviderLog): ListedChain | undefined {
    const { chains, settings } = this.#options;
    const listed = new Set(policy.chains.map(chainKeyOf));
    const secondsOf = ({ cadence }: (typeof chains)[number]): number => cadence?.secondsMax ?? settings.secondsMax;
    const ours = chains.filter(({ chain }) => listed.has(chainKeyOf(chain.listed)));
    return ours.toSorted((left, right) => secondsOf(left) - secondsOf(right))[0]?.chain.listed;
  }

  /** Waits until a signed head covers the last event that the provider's streams hold now. Answers its index. */
  async #leafOfLastEvent(slug: string, deadline: number): Promise<bigint> {
    const { store, query } = this.#options;
    for await (const { id } of store.readAll({ direction: 'backwards', maxCount: 1, filter: { streamPrefixes: [prefixOf(slug)] } })) {
      for (; Date.now() < deadline; await sleep(anchorNowPollMs)) {
        const leaf = await query.find(slug, { event: id });
        const head = await query.head(slug);
        if (leaf !== undefined && head !== undefined && head.size > leaf.index) return leaf.index;
      }
      throw new NotAnchoredFault(`${slug} has events that no signed head covers.`);
    }
    throw new ProviderUnknownFault(slug);
  }
}
