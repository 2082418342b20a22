import { setTimeout as sleep } from 'node:timers/promises';
import type { EventBatch, EventStore, Subscription } from '../../event-store/domain/event-store.ts';
import { PositionBeyondHeadFault } from '../../event-store/domain/faults.ts';
import { prefixOf } from '../../event-store/domain/stream-name.ts';
import { GrowingTree } from '../domain/tree/growing-tree.ts';
import type { EarlierIncarnations } from './earlier-incarnations.ts';
import { genesisEventOf } from './genesis.ts';
import { HeadPublisher } from './head-publisher.ts';
import { headSigner } from './head-signer.ts';
import type { HeadMemory, HeadStore } from './head-store.ts';
import type { Keyring } from './keyring.ts';
import type { LeafStore } from './leaf-store.ts';
import { assertSameStore } from './log-standing.ts';
import type { ProviderLog } from './provider-logs.ts';
import { type RememberedHead, rememberedBy, RememberedHeads } from './remembered-heads.ts';
import { SequencerHalt } from './sequencer-halt.ts';
import type { HeldLock, SequencerLock } from './sequencer-lock.ts';
import { TreeWriter } from './tree-writer.ts';

export interface SequencerOptions {
  readonly store: EventStore;
  readonly leaves: LeafStore;
  readonly heads: HeadStore;
  readonly lock: SequencerLock;
  readonly keyring: Keyring;
  /** What is kept of the logs that a log goes on with. Absent: none goes on with another one. */
  readonly earlier?: Pick<EarlierIncarnations, 'setAside' | 'complete'>;
  /** Who else saw heads of the log; asked at every start. */
  readonly memories?: readonly HeadMemory[];
  /** Shortest time between two tree heads, in milliseconds. */
  readonly headIntervalMsMin?: number;
  readonly batchSizeMax?: number;
  /** Told once when the log must not be signed on. */
  readonly onHalt?: (status: SequencerStatus) => void;
  /** Told of a failure that is tried again. */
  readonly onRetry?: (log: string, error: unknown) => void;
}

export interface SequencerStatus {
  readonly log: string;
  /** `standby`: another process works on the log, or we wait before the next attempt. `halted`: somebody has to look. */
  readonly state: 'standby' | 'catching_up' | 'live' | 'halted' | 'stopped';
  readonly size: bigint;
  /** Why it halted. */
  readonly reason?: string;
}

const headIntervalMsDefault = 200;
const batchSizeDefault = 2000;
const standbyPollMs = 1000;
const retryDelayMs = 500;

/**
 * Turns the events of one provider into leaves, in the order of `$all`, and signs heads of their tree.
 *
 * It invents nothing and refuses nothing: whatever stands under the provider's prefix is a leaf, as it is, so that the same tree can be
 * derived again from the store by anybody. A crash at any line is mended by the next start, which begins at the stored edge of the tree.
 */
export class Sequencer {
  readonly #log: ProviderLog;
  readonly #options: SequencerOptions;
  readonly #abort = new AbortController();
  #state: SequencerStatus['state'] = 'standby';
  #reason: string | undefined;
  #size = 0n;
  #running: Promise<void> | undefined;

  constructor(log: ProviderLog, options: SequencerOptions) {
    this.#log = log;
    this.#options = options;
  }

  get status(): SequencerStatus {
    const status = { log: this.#log.slug, state: this.#state, size: this.#size };
    return this.#reason === undefined ? status : { ...status, reason: this.#reason };
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is written any more and the lock is free. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    if (this.#state !== 'halted') this.#state = 'stopped';
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted && this.#state !== 'halted') {
      this.#state = 'standby';
      try {
        const lock = await this.#options.lock.tryAcquire(this.#log.slug);
        if (lock === undefined) await pause(standbyPollMs, signal);
        else await this.#holding(lock);
      } catch (error) {
        if (error instanceof SequencerHalt || error instanceof PositionBeyondHeadFault) this.#halt(error);
        else {
          this.#options.onRetry?.(this.#log.slug, error);
          await pause(retryDelayMs, signal);
        }
      }
    }
  }

  #halt({ message }: Error): void {
    this.#state = 'halted';
    this.#reason = message;
    this.#options.onHalt?.(this.status);
  }

  async #holding(lock: HeldLock): Promise<void> {
    try {
      await this.#work(lock.lost);
    } finally {
      await lock.release();
    }
  }

  /** Works until told to stop; throws what ends it sooner. */
  async #work(lockLost: Promise<void>): Promise<void> {
    const { store, leaves, heads, keyring, earlier, memories = [] } = this.#options;
    const { headIntervalMsMin: intervalMsMin = headIntervalMsDefault } = this.#options;
    const { slug, origin } = this.#log;
    const signer = headSigner(this.#log, await keyring.all(slug, 'log'));
    await earlier?.setAside(this.#log);
    await earlier?.complete(this.#log);
    const publisher = await HeadPublisher.open({ log: slug, signer, heads, memories, intervalMsMin });
    const durable: RememberedHead = { ...publisher.durable, by: 'the database' };
    const shown = new RememberedHeads(slug, leaves, [durable, ...(await rememberedBy(memories, slug))]);
    const { storeId } = await store.head();
    const stored = await leaves.load(slug);
    await assertSameStore(slug, stored, { store, leaves });
    const tree = new GrowingTree(stored.state);
    const writer = new TreeWriter({
      ...{ log: slug, origin, storeId, leaves, tree },
      grown: async (head) => {
        this.#size = head.size;
        if (await shown.areCoveredBy(head.size)) publisher.offer(head);
      },
    });
    this.#size = tree.size;
    this.#state = 'catching_up';
    let subscription: Subscription | undefined;
    try {
      const after = stored.storeId === undefined ? await this.#begin(writer) : stored.position;
      if (stored.storeId !== undefined) await writer.announce(); // There may be a head to sign.
      const caughtUp = Promise.withResolvers<void>();
      subscription = store.subscribeAll({
        from: { after },
        filter: { streamPrefixes: [prefixOf(slug)] },
        batchSizeMax: this.#options.batchSizeMax ?? batchSizeDefault,
        handle: (batch: EventBatch) => writer.handle(batch),
        caughtUp: caughtUp.resolve,
      });
      const aborted = abortionOf(this.#abort.signal);
      const disturbed = memories.flatMap((memory) => memory.disturbed?.(slug) ?? []);
      const ends = [subscription.stopped, publisher.failed, writer.failed, aborted, lockLost, ...disturbed];
      const isCaughtUp = await Promise.race([caughtUp.promise.then(() => true), ...ends.map((end) => end.then(() => false))]);
      if (!isCaughtUp) return;
      await writer.settled();
      shown.assertNoneAhead(tree.size);
      this.#state = 'live';
      await Promise.race(ends);
    } finally {
      await subscription?.unsubscribe();
      await writer.settled().catch(() => undefined); // It was told already, or comes again.
      await publisher.close();
    }
  }

  /** The genesis is leaf 0, whatever else stands before it. Answers the position to go on after. */
  async #begin(writer: TreeWriter): Promise<bigint> {
    const genesis = await genesisEventOf(this.#options.store, this.#log);
    if (genesis === undefined) throw new SequencerHalt(`${this.#log.slug}: the event store holds no genesis any more.`);
    await writer.handle({ events: [genesis], checkpoint: genesis.position });
    return genesis.position;
  }
}

function abortionOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
