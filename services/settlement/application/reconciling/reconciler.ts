import type { Clock } from '../../../commands/application/clock.ts';
import type { HeldLock, SequencerLock } from '../../../integrity/application/sequencer-lock.ts';
import { WakingPause } from '../../../integrity/application/waking-pause.ts';
import { differenceOf, isSound, type Reconciliation } from '../../domain/reconciliation.ts';
import type { NodeQuorum } from '../watching/node-quorum.ts';
import { type ComparisonStanding, creditComparison, type KeptReconciliation, type ReconciliationStore } from './reconciliation-store.ts';
import type { WatcherStore } from '../watching/watcher-store.ts';

export interface ReconcilerSettings {
  /** Between two looks at the supply of prepaid credit; also after which anything that failed is tried again. */
  readonly creditMs: number;
  /** Between two comparisons of treasuries and the escrow. */
  readonly everyMs: number;
  /** So long after its time a comparison is overdue that could not be made. */
  readonly overdueMs: number;
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
  /** Told of a difference that is new to this process, or another one than before, and again after each `everyMs` that it stands. */
  readonly onAlarm: (difference: Reconciliation) => void;
  /** Told as often of a comparison that is overdue: whether chain and books are the same, nobody can tell. */
  readonly onOverdue: (standing: ComparisonStanding) => void;
  /** Told of a comparison that could not be made, and is tried again. */
  readonly onRetry: (what: string, error: unknown) => void;
}

/**
 * Compares chains with the books for ever, and on demand. Of several processes the one that holds the lock works by the clock, and it alone
 * raises alarms: what it has told of is known to it alone, so whoever else compares and keeps something silences nothing.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #abort = new AbortController();
  readonly #pause = new WakingPause(this.#abort.signal);
  readonly #comparedAt = new Map<string, number>();
  /** What was told, and when, by what it is about. */
  readonly #told = new Map<string, { readonly text: string; readonly at: number }>();
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

  /** Everything now, and kept; who asks is told, and nobody else. Throws what keeps a comparison from being made. */
  async compare(): Promise<Reconciliation[]> {
    const found: Reconciliation[] = [];
    for (const chainId of this.#options.chains.keys()) found.push(...(await this.#chain(chainId)));
    return [...found, ...(await this.#credit('kept'))];
  }

  /** Everything that is due by the clock, once. */
  async round(): Promise<void> {
    const { chains, settings } = this.#options;
    await this.#try(creditComparison, settings.creditMs, () => this.#credit('what changed'));
    for (const chainId of chains.keys()) if (this.#isDue(chainId)) await this.#try(chainId, settings.everyMs, () => this.#chain(chainId));
  }

  async #run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      if (await this.#isOurs()) await this.round();
      await this.#pause.take(this.#options.settings.creditMs);
    }
  }

  #isDue(chainId: string): boolean {
    const at = this.#comparedAt.get(chainId);
    return at === undefined || this.#now().getTime() - at >= this.#options.settings.everyMs;
  }

  /** What passes by itself keeps nothing else from being compared; so does what does not, until somebody has looked. */
  async #try(what: string, periodMs: number, compare: () => Promise<readonly Reconciliation[]>): Promise<void> {
    const { kept, settings, onRetry } = this.#options;
    try {
      for (const found of await compare()) this.#tell(found);
      this.#told.delete(what);
      const now = this.#now();
      await kept.made(what, now, new Date(now.getTime() + periodMs + settings.overdueMs));
    } catch (error) {
      onRetry(what, error);
      await this.#failed(what, error).catch((unkept: unknown) => onRetry(what, unkept));
    }
  }

  /** What passes soon is worth no alarm; what does not is, since nobody looks at what is not compared. */
  async #failed(what: string, error: unknown): Promise<void> {
    const { kept, settings, onOverdue } = this.#options;
    const now = this.#now();
    const failure = (error instanceof Error ? error.message : String(error)).slice(0, failureLengthMax);
    const standing = await kept.failed(what, now, { failure, dueBy: new Date(now.getTime() + settings.overdueMs) });
    if (standing.dueBy <= now && this.#isNews(what, '')) onOverdue(standing);
  }

  #tell(found: Reconciliation): void {
    const key = keyOf(found);
    if (isSound(found)) this.#told.delete(key);
    else if (this.#isNews(key, differenceOf(found).amount.toString())) this.#options.onAlarm(found);
  }

  /** Remembers that it is told from now on. */
  #isNews(key: string, text: string): boolean {
    const now = this.#now().getTime();
    const before = this.#told.get(key);
    if (before?.text === text && now - before.at < this.#options.settings.everyMs) return false;
    this.#told.set(key, { text, at: now });
    return true;
  }

  #now(): Date {
    return new Date(this.#options.clock.now());
  }

  async #chain(chainId: string): Promise<Reconciliation[]> {
    await this.#look(chainId);
    const found = (await this.#options.chains.get(chainId)?.compare()) ?? [];
    await this.#keep(found, 'kept');
    this.#comparedAt.set(chainId, this.#now().getTime());
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
    const { kept, settings, chains } = this.#options;
    const now = this.#now();
    const latest = new Map((await kept.latest([...chains.keys()])).map((each) => [keyOf(each), each]));
    for (const reconciliation of found) {
      const before = latest.get(keyOf(reconciliation));
      const isOther = before === undefined || differenceOf(before).amount !== differenceOf(reconciliation).amount;
      const isOld = before !== undefined && now.getTime() - before.at.getTime() >= settings.everyMs;
      if (isOther || isOld || which === 'kept') await kept.keep(reconciliation, now);
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

const failureLengthMax = 500;

function keyOf({ provider, subject, chainId, currency }: Reconciliation | KeptReconciliation): string {
  return [provider, subject, chainId ?? '', currency].join(' ');
}
