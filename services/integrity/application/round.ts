import { ChainFault } from '../../chain/application/chain-faults.ts';
import type { TimeTickedFin } from '../domain/committed-state.ts';
import type { AnchorChain } from './anchor-chain.ts';
import type { CommitState } from './commit-state.ts';
import type { LogQuery } from './log-query.ts';
import { roundLeafId } from './round-leaf-id.ts';
import type { Round, RoundStore } from './round-store.ts';
import { type SystemLog, systemStream } from './system-log.ts';

export interface RoundStepsOptions {
  readonly rounds: RoundStore;
  readonly query: LogQuery;
  readonly systemLog: SystemLog;
  readonly commitState: CommitState;
}

/** Whose round it is. */
export interface RoundLog {
  readonly slug: string;
  readonly origin: string;
  /** Where the log is anchored, the chain first that the round is for; empty for a log that lists no chain. */
  readonly chains: readonly AnchorChain[];
}

/**
 * Takes a round through its steps (integrity reference, section 6): TimeTicked, StateCommitted, a signed head that covers both. Each step
 * is kept when it is done and may be repeated, so a crash at any line goes on where it was.
 */
export class RoundSteps {
  readonly #options: RoundStepsOptions;

  constructor(options: RoundStepsOptions) {
    this.#options = options;
  }

  /** As far as it gets now. Less than `covered` means that the sequencer has still to come by: ask again. */
  async advance(log: RoundLog, round: Round): Promise<Round> {
    let at = round;
    if (at.state === 'opened') at = await this.#tick(log, at);
    if (at.state === 'ticked') at = await this.#commit(log, at);
    if (at.state === 'committed') at = await this.#cover(at);
    return at;
  }

  async #tick({ slug, origin, chains }: RoundLog, round: Round): Promise<Round> {
    const { rounds, systemLog } = this.#options;
    let kept = round;
    if (kept.tick === undefined) {
      const tick = await this.#firstTick(slug, chains);
      if (tick !== undefined) kept = await rounds.keepTick(kept, tick);
    }
    if (kept.tick !== undefined) {
      const leaf = { origin, type: 'TimeTicked/1', fin: kept.tick } as const;
      await systemLog.append({ slug, ...leaf, id: roundLeafId({ ...leaf, number: kept.number }) });
    }
    return rounds.ticked(kept);
  }

  /** Of the first chain that answers. A chain that is away is no reason to tell nothing about time, as long as another one answers. */
  async #firstTick(slug: string, chains: readonly AnchorChain[]): Promise<TimeTickedFin | undefined> {
    const failures: unknown[] = [];
    for (const chain of chains) {
      try {
        return await this.#newestTick(slug, chain);
      } catch (error) {
        if (!(error instanceof ChainFault)) throw error;
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return undefined;
  }

  /**
   * The last final block, unless the log knows it: a block that stands in the log already says nothing new about time. Never the first
   * block of a chain: it says nothing about time at all, and a local node makes it anew, with another hash, at every start.
   */
  async #newestTick(slug: string, chain: AnchorChain): Promise<TimeTickedFin | undefined> {
    const { chainId } = chain.listed;
    const block = await chain.block('finalized');
    const known = (await this.#options.rounds.lastTick(slug, chainId)) ?? 0n;
    if (block === undefined || block.number <= known) return undefined;
    return { chainId, blockNumber: block.number.toString(), blockHash: block.hash };
  }

  async #commit({ origin }: RoundLog, round: Round): Promise<Round> {
    return this.#options.rounds.committed(round, await this.#options.commitState.commit(origin, round));
  }

  async #cover(round: Round): Promise<Round> {
    const { rounds, query } = this.#options;
    const leaf = await query.find(round.log, { stream: systemStream(round.log), revision: round.committedRevision as bigint });
    const head = await query.head(round.log);
    if (leaf === undefined || head === undefined || head.size <= leaf.index) return round;
    return rounds.covered(round, head);
  }
}
