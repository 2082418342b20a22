import type { Clock } from '../../../commands/application/clock.ts';
import { ChainFollower } from './chain-follower.ts';
import { ChainLogs } from './chain-logs.ts';
import { type CoinsSetBack, coinsSetBack } from './coins-set-back.ts';
import { EffectDelivery } from './effect-delivery.ts';
import { LateLogs } from './late-logs.ts';
import { GivenWords } from './given-words.ts';
import type { LogReader } from './log-reader.ts';
import { NativeFollower } from './native-follower.ts';
import { type ChainSight, type NodeDemands, NodeQuorum, type NodeStanding } from './node-quorum.ts';
import type { SettlementChain } from '../settlement-chain.ts';
import { quorumOf } from '../settlement-chain.ts';
import type { SettlementLedger } from './settlement-ledger.ts';
import { SlotComparison } from './slot-comparison.ts';
import { StrayFollower } from './stray-follower.ts';
import type { WatchedNode } from './watched-node.ts';
import { NodesDisagreeFault, QuorumFault, WatcherAlarm } from './watcher-faults.ts';
import type { Checkpoint, WatchCursor, WatchedContract, WatcherStore } from './watcher-store.ts';

export interface WatchSettings {
  /** Blocks between two checkpoints while there is much to catch up with. */
  readonly rangeMax: bigint;
  /** Blocks that are read for transactions of watched addresses in one look: effects of the contracts wait for them. */
  readonly coinBlocksMax: bigint;
  /** Between two comparisons of slots that no log has touched. */
  readonly compareMs: number;
  /** Longest pause between attempts while something is away. */
  readonly backoffMsMax: number;
  /** How long nodes that are slower than the quorum are waited for. */
  readonly graceMs: number;
}

export interface ChainWatchOptions {
  readonly chain: SettlementChain;
  /** One for each address in `chain.rpcUrls`, in that order. */
  readonly nodes: readonly WatchedNode[];
  readonly reader: LogReader;
  readonly store: WatcherStore;
  readonly ledger: SettlementLedger;
  readonly clock: Clock;
  readonly settings: WatchSettings;
}

export const watchDefaults: WatchSettings = {
  rangeMax: 2_000n,
  coinBlocksMax: 100n,
  compareMs: 86_400_000,
  backoffMsMax: 30_000,
  graceMs: 1_000,
};

/**
 * One chain, looked at once: what enough nodes show is read, compared with the contracts, and told to the ledger. Everything that has to
 * outlive the process is in the store; a crash at any await, or a second process that looks at once, does no harm.
 */
export class ChainWatch {
  readonly chainId: string;
  readonly #options: ChainWatchOptions;
  readonly #nodes: NodeQuorum;
  readonly #follower: ChainFollower;
  readonly #slots: SlotComparison;
  readonly #words: GivenWords;
  readonly #strays: StrayFollower;
  readonly #coins: NativeFollower;
  readonly #delivery: EffectDelivery;

  constructor(options: ChainWatchOptions) {
    const { chain, nodes, reader, store, ledger, clock, settings } = options;
    const { chainId, contracts, deploymentBlock, profile } = chain;
    const { rangeMax, coinBlocksMax: blocksMax, compareMs: everyMs, backoffMsMax, graceMs } = settings;
    this.chainId = chainId;
    this.#options = options;
    this.#nodes = new NodeQuorum({ chainId, nodes, quorum: quorumOf(chain), profile, clock, backoffMsMax, graceMs });
    const logs = new ChainLogs(chainId, this.#nodes, reader);
    const late = new LateLogs(chainId, store);
    this.#follower = new ChainFollower({ chainId, contracts, nodes: this.#nodes, logs, store, rangeMax });
    this.#slots = new SlotComparison({
      chainId,
      contracts,
      deploymentBlock,
      nodes: this.#nodes,
      logs,
      late,
      store,
      clock,
      rangeMax,
      everyMs,
    });
    this.#words = new GivenWords({ chainId, contracts, deploymentBlock, store, ledger, clock, everyMs });
    this.#strays = new StrayFollower({ chainId, nodes: this.#nodes, logs, late, reader, store, rangeMax });
    this.#coins = new NativeFollower({ chainId, nodes: this.#nodes, logs, late, store, blocksMax });
    this.#delivery = new EffectDelivery(chainId, store, ledger);
  }

  nodes(): NodeStanding[] {
    return this.#nodes.standings();
  }

  /**
   * Does all that can be done now. Throws `ChainFault` for what passes by itself and `WatcherAlarm` for what does not; what was reached
   * before stands. Who aborts the signal does not wait for blocks that are read for coins past the contracts: the next look goes on with them.
   */
  async look(signal?: AbortSignal): Promise<void> {
    const { store } = this.#options;
    const sight = await this.#nodes.look(this.#demandsOf(await store.cursors(this.chainId)));
    await this.#open(sight);
    const cursors = await store.cursors(this.chainId);
    await this.#pin(cursors);
    const ours = cursors.filter(({ module }) => module !== 'token');
    const doubt = await doubtOf(this.#follower.follow(ours, sight));
    const uncompared = await doubtOf(this.#slots.compare());
    // Nothing is told that was not held against the contracts.
    if (uncompared !== undefined) throw doubt ?? uncompared;
    // What is kept was agreed on when it was seen, so the ledger hears of it whether or not nodes agree on what comes next.
    const refusal = await this.#delivery.deliver();
    // What these find is told at the next look: what nodes say of money past the contracts keeps back nothing of the contracts.
    const past = doubt === undefined ? [await doubtOf(this.#strays.follow()), await doubtOf(this.#coins.follow(signal))] : [];
    const unasked = await this.#words.note();
    const first = [doubt, refusal, ...past, unasked].find((error) => error !== undefined);
    if (first !== undefined) throw first;
  }

  /** After a look. Where coins have to be compared anew, because the block after which what is `kept` of them was compared last is gone. */
  coinsSetBack(kept: WatcherStore, upTo: bigint): Promise<CoinsSetBack | undefined> {
    const { deploymentBlock } = this.#options.chain;
    return coinsSetBack({ chainId: this.chainId, nodes: this.#nodes, kept, upTo, deploymentBlock });
  }

  #demandsOf(cursors: readonly WatchCursor[]): NodeDemands {
    const finalFloor = cursors.reduce((highest, { finalized }) => (finalized.number > highest ? finalized.number : highest), 0n);
    // What the configuration demands goes before what was found first.
    const demanded = [...cursors, ...this.#contracts()];
    const pins = demanded.flatMap(({ address, codeHash }) => (codeHash === undefined ? [] : [[address, codeHash] as const]));
    return { finalFloor, pins: new Map(pins) };
  }

  /** Contracts of the configuration are read from before their deployment; one that is added later as well. */
  async #open({ finalized }: ChainSight): Promise<void> {
    const { chain, store } = this.#options;
    const known = new Set((await store.cursors(this.chainId)).map(({ address }) => address));
    const fresh = this.#contracts().filter(({ address }) => !known.has(address));
    if (fresh.length === 0) return;
    const before = chain.deploymentBlock === 0n ? 0n : chain.deploymentBlock - 1n;
    const { number, hash } = await this.#nodes.finalBlock(before < finalized ? before : finalized);
    const at: Checkpoint = { number, hash };
    await store.open(
      this.chainId,
      fresh.map((contract) => ({ ...contract, observed: at, finalized: at })),
    );
  }

  #contracts(): (WatchedContract & Pick<WatchCursor, 'codeHash'>)[] {
    const { contracts, codeHashes, tokens } = this.#options.chain;
    const modules = { registry: 'registry', settlement: 'settlement', escrow: 'escrow', creditFactory: 'credit' } as const;
    const ours = Object.entries(modules).flatMap(([name, module]) => {
      const address = contracts[name as keyof typeof modules];
      return address === undefined ? [] : [{ address, module, codeHash: codeHashes[name as keyof typeof modules] }];
    });
    return [...ours, ...tokens.map(({ address }) => ({ address, module: 'token', codeHash: undefined }) as const)];
  }

  /** The code that enough nodes have at an address is the one that has to stay. */
  async #pin(cursors: readonly WatchCursor[]): Promise<void> {
    const configured = new Set(this.#contracts().map(({ address }) => address));
    for (const { address, module, codeHash, finalized } of cursors) {
      // Tokens are others' code, and may change it.
      if (codeHash !== undefined || module === 'token') continue;
      if (!configured.has(address) && !(await this.#isCreated(address, finalized))) continue;
      const found = await this.#nodes.agreed(`the code at ${address}`, async (node) => (await node.codeHash(address)) ?? 'none', String);
      if (found !== 'none') await this.#options.store.pin(this.chainId, address, found);
      else if (configured.has(address))
        throw new WatcherAlarm('wrong_chain', `There is no contract at ${address} on chain ${this.chainId}.`);
    }
  }

  /** Code that a reorganisation may take away again is not demanded of nodes. */
  async #isCreated(credit: string, { number }: Checkpoint): Promise<boolean> {
    const created = await this.#options.store.named(this.chainId, ['CreditCreated'], number);
    return created.some(({ log }) => 'fields' in log && log.fields['token'] === credit);
  }
}

/** What passes when nodes are well and agree is answered, anything else thrown. */
async function doubtOf(work: Promise<void>): Promise<Error | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof NodesDisagreeFault || error instanceof QuorumFault) return error;
    throw error;
  }
}
