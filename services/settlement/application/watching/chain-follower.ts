import type { ChainLogs } from './chain-logs.ts';
import type { ChainSight, NodeQuorum } from './node-quorum.ts';
import type { SettlementContracts } from '../settlement-chain.ts';
import { QuorumFault, WatcherAlarm } from './watcher-faults.ts';
import type { Checkpoint, WatchCursor, WatchedLog, WatcherStore, WatchStep, Word } from './watcher-store.ts';

export interface ChainFollowerOptions {
  readonly chainId: string;
  readonly contracts: SettlementContracts;
  readonly nodes: NodeQuorum;
  readonly logs: ChainLogs;
  readonly store: WatcherStore;
  /** Blocks between two checkpoints while there is much to catch up with. */
  readonly rangeMax: bigint;
}

/** Contracts that stand at the same checkpoints, and so are read together. */
interface Group {
  readonly contracts: readonly WatchCursor[];
  observed: Checkpoint;
  finalized: Checkpoint;
}

/**
 * Takes the checkpoints of contracts forward, block by block without a gap: by ranges where the chain is final, by the hash of each block
 * behind that. What is undone is walked back by hash to the last block that is still there. Every step is one transaction, so a crash
 * anywhere goes on from the last one.
 */
export class ChainFollower {
  readonly #options: ChainFollowerOptions;

  constructor(options: ChainFollowerOptions) {
    this.#options = options;
  }

  /** As far as enough nodes show. Throws `WatcherAlarm`, `NodesDisagreeFault` and `QuorumFault`; what was reached before stands. */
  async follow(cursors: readonly WatchCursor[], sight: ChainSight): Promise<void> {
    const groups = Map.groupBy(cursors, ({ observed, finalized }) => `${observed.hash} ${finalized.hash}`);
    for (const contracts of groups.values()) {
      const { observed, finalized } = contracts[0] as WatchCursor;
      await this.#followGroup({ contracts, observed, finalized }, sight);
    }
  }

  async #followGroup(group: Group, sight: ChainSight): Promise<void> {
    await this.#assertFinal(group, sight);
    await this.#undoLost(group, sight);
    await this.#finalise(group, sight);
    await this.#readFinal(group, sight);
    await this.#readHead(group, sight);
  }

  /** What was final has to be there for ever. */
  async #assertFinal({ finalized }: Group, sight: ChainSight): Promise<void> {
    if (sight.finalized < finalized.number) return;
    const { hash } = await this.#options.nodes.finalBlock(finalized.number);
    if (hash !== finalized.hash) throw this.#finalityFailed(finalized, hash);
  }

  async #undoLost(group: Group, sight: ChainSight): Promise<void> {
    const { chainId, nodes, store } = this.#options;
    const { observed, finalized } = group;
    if (observed.number === finalized.number && finalized.number <= sight.finalized) return;
    const kept = await store.unfinalBlocks(chainId, (group.contracts[0] as WatchCursor).address);
    for (const checkpoint of [...kept, finalized]) {
      // Nodes that have not come so far say nothing of it.
      if (checkpoint.number > sight.head) continue;
      const shown = await nodes.shownBlock(checkpoint.number);
      if (shown === undefined) throw new QuorumFault(`Too few nodes show the same block ${checkpoint.number}.`);
      if (shown.hash === checkpoint.hash) return this.#undo(group, kept, checkpoint, sight);
      if (checkpoint === finalized) throw this.#finalityFailed(finalized, shown.hash);
    }
  }

  async #undo(group: Group, kept: readonly Checkpoint[], ancestor: Checkpoint, sight: ChainSight): Promise<void> {
    const { chainId, store } = this.#options;
    const isLost = kept.some(({ number }) => number > ancestor.number && number <= sight.head);
    if (!isLost) return;
    await store.undo({ chainId, contracts: addressesOf(group), from: group.observed, ancestor });
    group.observed = ancestor;
  }

  async #finalise(group: Group, sight: ChainSight): Promise<void> {
    const { chainId, nodes, store } = this.#options;
    const number = sight.finalized < group.observed.number ? sight.finalized : group.observed.number;
    if (number <= group.finalized.number) return;
    const { hash } = await nodes.finalBlock(number);
    const kept = await store.unfinalBlocks(chainId, (group.contracts[0] as WatchCursor).address);
    // Another block is final than the one we saw: the next look finds out from where on.
    if (kept.find((checkpoint) => checkpoint.number === number)?.hash !== hash)
      throw new QuorumFault(`Block ${number} is final with hash ${hash}, which is not the one that was observed.`);
    group.finalized = { number, hash };
    await store.finalise(chainId, addressesOf(group), group.finalized);
  }

  async #readFinal(group: Group, sight: ChainSight): Promise<void> {
    const { nodes, logs, rangeMax } = this.#options;
    while (group.observed.number === group.finalized.number && group.observed.number < sight.finalized) {
      const from = group.observed.number + 1n;
      const to = from + rangeMax - 1n < sight.finalized ? from + rangeMax - 1n : sight.finalized;
      const read = await logs.inRange(group.contracts, { from, to });
      const { number, hash } = await nodes.finalBlock(to);
      await this.#advance(group, { to: { number, hash }, isFinal: true, logs: read });
    }
  }

  async #readHead(group: Group, sight: ChainSight): Promise<void> {
    const { nodes, logs } = this.#options;
    while (group.observed.number < sight.head) {
      const block = await nodes.shownBlock(group.observed.number + 1n);
      if (block === undefined) return;
      if (block.parentHash !== group.observed.hash)
        throw new QuorumFault(`Block ${block.number} does not follow block ${group.observed.hash}, which was the last one.`);
      const { number, hash } = block;
      await this.#advance(group, { to: { number, hash }, isFinal: false, logs: await logs.inBlock(group.contracts, block) });
    }
  }

  async #advance(group: Group, step: Pick<WatchStep, 'to' | 'isFinal' | 'logs'>): Promise<void> {
    const { chainId, store } = this.#options;
    const [appeared, words] = [appearedIn(step.logs, group.finalized), this.#wordsIn(step.logs)];
    await store.advance({ ...step, chainId, contracts: addressesOf(group), from: group.observed, appeared, words });
    group.observed = step.to;
    if (step.isFinal) group.finalized = step.to;
  }

  /** A provider's first words: a log that was missed there touches nothing else. */
  #wordsIn(logs: readonly WatchedLog[]): Word[] {
    const { settlement, escrow } = this.#options.contracts;
    const withSlots = [settlement, ...(escrow === undefined ? [] : [escrow])];
    return logs.flatMap(({ providerId, log }) =>
      log.name === 'ProviderCreated' && providerId !== undefined ? withSlots.map((contract) => ({ contract, providerId, word: 0n })) : [],
    );
  }

  #finalityFailed({ number, hash }: Checkpoint, shown: string): WatcherAlarm {
    const { chainId } = this.#options;
    return new WatcherAlarm('finality_failed', `Block ${number} of chain ${chainId} was final with hash ${hash}; nodes show ${shown} now.`);
  }
}

function addressesOf({ contracts }: Group): string[] {
  return contracts.map(({ address }) => address);
}

/** Prepaid credit that a provider created is read from there on. */
function appearedIn(logs: readonly WatchedLog[], finalized: Checkpoint): WatchCursor[] {
  return logs.flatMap(({ providerId, log }) =>
    log.name === 'CreditCreated' && providerId !== undefined
      ? [
          {
            ...({ address: log.fields['token'] as string, module: 'credit', providerId } as const),
            ...{ observed: finalized, finalized, codeHash: undefined },
          },
        ]
      : [],
  );
}
