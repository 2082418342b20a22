import type { Clock } from '../../commands/application/clock.ts';
import type { HeldLock, SequencerLock } from '../../integrity/application/sequencer-lock.ts';
import { WakingPause } from '../../integrity/application/waking-pause.ts';
import { differenceOf, isSound, type Reconciliation } from '../domain/reconciliation.ts';
import type { NodeQuorum } from './node-quorum.ts';
import type { KeptReconciliation, ReconciliationStore } from './reconciliation-store.ts';
import type { WatcherStore } from './watcher-store.ts';

export interface ReconcilerSettings {
  /** Between two looks at the supply of prepaid credit; also after which anything that failed is tried again. */
  readonly creditMs: number;
  /** Between two comparisons of treasuries and the escrow. */
  readonly everyMs: number;
}

export interface ReconcilerOptions {
  /** By chain. */
  readonly nodes: ReadonlyMap<string, NodeQuorum>;
  /** By chain: its treasuries and escrow. */
  readonly chains: ReadonlyMap<string, { compare(): Promise<Reconciliation[]> }>;
  readonly credit: { compare(): Promise<Reconciliation[]> };
  readonly store: Pick<WatcherStore, 'cursors'>;
  readonly kept: ReconciliationStore;
  readonly lock: SequencerLock;
  readonly clock: Clock;
  readonly settings: ReconcilerSettings;
  /** Told of a difference that is new, or another one than before. */
  readonly onAlarm: (difference: Reconciliation) => void;
  /** Told of a comparison that could not be made, and is tried again. */
  readonly onRetry: (what: string, error: unknown) => void;
}

/** Compares chains with the books for ever, and on demand. Of several processes the one that holds the lock works by the clock. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #abort = new AbortController();
  readonly #pause = new WakingPause(this.#abort.signal);
  readonly #comparedAt = new Map<string, number>();
  #held: HeldLock | undefined;
  #running: Promise<void> | undefined;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is written any more. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    await this.#held?.release();
  }

  /** Everything now, kept and told like by the clock. Throws what keeps a comparison from being made. */
  async compare(): Promise<Reconciliation[]> {
    const found: Reconciliation[] = [];
    for (const chainId of this.#options.chains.keys()) found.push(...(await this.#chain(chainId)));
    return [...found, ...(await this.#credit('kept'))];
  }

  async #run(): Promise<void> {
    const { chains, settings } = this.#options;
    while (!this.#abort.signal.aborted) {
      if (await this.#isOurs()) {
        await this.#try('prepaid credit', () => this.#credit('what changed'));
        for (const chainId of chains.keys()) if (this.#isDue(chainId)) await this.#try(`chain ${chainId}`, () => this.#chain(chainId));
      }
      await this.#pause.take(settings.creditMs);
    }
  }

  #isDue(chainId: string): boolean {
    const at = this.#comparedAt.get(chainId);
    return at === undefined || performance.now() - at >= this.#options.settings.everyMs;
  }

  /** What passes by itself keeps nothing else from being compared; so does what does not, until somebody has looked. */
  async #try(what: string, compare: () => Promise<unknown>): Promise<void> {
    try {
      await compare();
    } catch (error) {
      this.#options.onRetry(what, error);
    }
  }

  async #chain(chainId: string): Promise<Reconciliation[]> {
    await this.#look(chainId);
    const found = (await this.#options.chains.get(chainId)?.compare()) ?? [];
    await this.#keep(found, 'kept');
    this.#comparedAt.set(chainId, performance.now());
    return found;
  }

  async #credit(which: 'kept' | 'what changed'): Promise<Reconciliation[]> {
    for (const chainId of this.#options.nodes.keys()) await this.#look(chainId);
    const found = await this.#options.credit.compare();
    await this.#keep(found, which);
    return found;
  }

  /** Finds out which nodes are well, as the watcher does. */
  async #look(chainId: string): Promise<void> {
    const cursors = await this.#options.store.cursors(chainId);
    const finalFloor = cursors.reduce((highest, { finalized }) => (finalized.number > highest ? finalized.number : highest), 0n);
    const pins = cursors.flatMap(({ address, codeHash }) => (codeHash === undefined ? [] : [[address, codeHash] as const]));
    await this.#options.nodes.get(chainId)?.look({ finalFloor, pins: new Map(pins) });
  }

  async #keep(found: readonly Reconciliation[], which: 'kept' | 'what changed'): Promise<void> {
    const { kept, clock, settings, onAlarm } = this.#options;
    const now = new Date(clock.now());
    const latest = new Map((await kept.latest()).map((each) => [keyOf(each), each]));
    for (const reconciliation of found) {
      const before = latest.get(keyOf(reconciliation));
      const isOther = before === undefined || differenceOf(before).amount !== differenceOf(reconciliation).amount;
      const isOld = before !== undefined && now.getTime() - before.at.getTime() >= settings.everyMs;
      if (isOther || isOld || which === 'kept') await kept.keep(reconciliation, now);
      if (isOther && !isSound(reconciliation)) onAlarm(reconciliation);
    }
  }

  async #isOurs(): Promise<boolean> {
    if (this.#held !== undefined) return true;
    const held = await this.#options.lock.tryAcquire('settlement reconciliation').catch(() => undefined);
    void held?.lost.then(() => (this.#held = undefined));
    this.#held = held;
    return held !== undefined;
  }
}

function keyOf({ provider, subject, chainId, currency }: Reconciliation | KeptReconciliation): string {
  return [provider, subject, chainId ?? '', currency].join(' ');
}
