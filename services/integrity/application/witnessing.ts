import type { PublishedHead, TreeHead } from '../domain/tree-head.ts';
import type { CosignedSize } from './cosignature-store.ts';
import type { HeadMemory, HeadStore } from './head-store.ts';
import { LogWitnessing, type LogWitnessingOptions } from './log-witnessing.ts';
import type { FollowerState } from './witness-follower.ts';

export interface WitnessingOptions extends Omit<LogWitnessingOptions, 'log' | 'heads'> {
  readonly heads: HeadStore;
}

export interface WitnessStatus {
  readonly name: string;
  readonly vkey: string;
  /** Undefined where another process shows it the heads of this log. */
  readonly state: FollowerState | undefined;
  readonly reason: string | undefined;
  /** What it cosigned last. */
  readonly cosigned: CosignedSize | undefined;
}

/**
 * The witnesses as a memory of heads: they are shown every head that this process publishes, and a history that they contradict is not
 * signed on. One that is away stops nothing.
 */
export class Witnessing implements HeadMemory {
  readonly name = 'a witness';
  readonly #options: WitnessingOptions;
  readonly #logs = new Map<string, Promise<LogWitnessing>>();
  readonly #open = new Map<string, LogWitnessing>();

  constructor(options: WitnessingOptions) {
    this.#options = options;
  }

  /** Witnesses tell no roots. */
  latest(): Promise<TreeHead | undefined> {
    return Promise.resolve(undefined);
  }

  async size(log: string): Promise<bigint | undefined> {
    const published = await this.#options.heads.published(log);
    return published && (await this.#of(log)).size(published);
  }

  async remember(log: string, head: PublishedHead): Promise<void> {
    (await this.#of(log)).offer(head);
  }

  async disturbed(log: string): Promise<never> {
    return (await this.#of(log)).disturbed();
  }

  async statuses(log: string): Promise<WitnessStatus[]> {
    const { witnesses, store } = this.#options;
    const last = await store.last(log);
    const followers = this.#open.get(log)?.followers ?? [];
    return witnesses.map(({ name, vkey }) => {
      const follower = followers.find(({ witness }) => witness.vkey === vkey);
      return { name, vkey, state: follower?.state, reason: follower?.reason, cosigned: last.get(vkey) };
    });
  }

  /** Resolves when nobody is asked any more. */
  async stop(): Promise<void> {
    for (const opening of this.#logs.values()) await opening.catch(() => undefined);
    await Promise.all([...this.#open.values()].map((log) => log.stop()));
  }

  async #of(log: string): Promise<LogWitnessing> {
    let opened = this.#logs.get(log);
    if (opened === undefined) {
      opened = LogWitnessing.open({ ...this.#options, log }).then((witnessing) => {
        this.#open.set(log, witnessing);
        return witnessing;
      });
      this.#logs.set(log, opened);
      // A database that is away for a moment is asked again by whoever comes next.
      opened.catch(() => this.#logs.delete(log));
    }
    return opened;
  }
}
