import type { FinalAnchor, ReadChain } from '../chain/anchors.check.ts';
import { readAgreedChain } from '../chain/agreed-chain.ts';
import { type ChainBlock, ChainNode } from '../chain/chain-node.ts';
import { NodeError } from '../chain/node-error.ts';
import { logIdOf } from '../log/log-id.ts';
import { chainKeyOf, type ListedChain, type LogPolicy } from '../log/policy.ts';
import type { Check } from './check.ts';
import type { CoveringAnchor, Tick, TickAnswer } from './time.check.ts';
import type { StatedRoot } from './tree.check.ts';

type BlockOfTick = Pick<Tick, 'chainId' | 'blockNumber' | 'blockHash'>;

interface AnsweringNode {
  readonly node: ChainNode;
  readonly chainId: bigint;
}

/** An anchor with the place where it stands. */
export interface PlacedAnchor extends FinalAnchor {
  readonly chain: ListedChain;
}

/** All chains that a log lists, as the auditor's nodes show them. */
export class ChainSet {
  /** 0x-hex; the same on every chain. */
  readonly logId: string;
  readonly #nodes: readonly AnsweringNode[];
  /** Nodes that do not even say which chain they serve. */
  readonly #silent: readonly string[];
  readonly #attempted = new Set<string>();
  #chains = new Map<string, ReadChain>();

  private constructor(logId: string, nodes: readonly AnsweringNode[], silent: readonly string[]) {
    this.logId = logId;
    this.#nodes = nodes;
    this.#silent = silent;
  }

  static async open(rpcUrls: readonly string[], genesis: LogPolicy): Promise<ChainSet> {
    const nodes: AnsweringNode[] = [];
    const silent: string[] = [];
    for (const url of rpcUrls) {
      const node = new ChainNode(url);
      try {
        nodes.push({ node, chainId: await node.chainId() });
      } catch (error) {
        if (!(error instanceof NodeError)) throw error;
        silent.push(`the node at ${url} does not answer: ${error.message}`);
      }
    }
    return new ChainSet(logIdOf(genesis), nodes, silent);
  }

  /** Reads every chain that these policies list and a node serves, as it is now. */
  async read(check: Check, policies: readonly LogPolicy[]): Promise<void> {
    this.#chains = new Map();
    for (const listed of listedIn(policies)) {
      const answering = this.#nodes.filter(({ chainId }) => chainId === listed.chainId).map(({ node }) => node);
      this.#attempted.add(chainKeyOf(listed));
      if (answering.length === 0) continue;
      const chain = await readAgreedChain(check, answering, listed, this.logId);
      if (chain !== undefined) this.#chains.set(chainKeyOf(listed), chain);
    }
  }

  /** Were all chains of these policies asked? */
  covers(policies: readonly LogPolicy[]): boolean {
    return this.#nodes.length === 0 || listedIn(policies).every((listed) => this.#attempted.has(chainKeyOf(listed)));
  }

  /** Does any chain answer? */
  get isAsked(): boolean {
    return this.#chains.size > 0;
  }

  /** The one of most leaves. */
  get lastAnchor(): PlacedAnchor | undefined {
    return this.#anchors().at(-1);
  }

  get anchoredSize(): bigint {
    return this.lastAnchor?.size ?? 0n;
  }

  /** Undefined where the chain does not answer. */
  isAnchored(chainKey: string, size: bigint): boolean | undefined {
    return this.#chains.get(chainKey)?.anchors.some((anchor) => anchor.size === size);
  }

  statedRoots(): StatedRoot[] {
    return this.#anchors().map((placed) => {
      const { size, root, seq, chain } = placed;
      const { chainId, ...evidence } = statedAnchorOf(placed);
      return { size: Number(size), root, by: `anchor ${seq} on chain ${chain.chainId}`, evidence, anchor: { chainId, ...evidence } };
    });
  }

  /** Of each chain that answered, in order. */
  anchorsByChain(): ReadonlyMap<string, readonly FinalAnchor[]> {
    return new Map([...this.#chains].map(([key, { anchors }]) => [key, anchors]));
  }

  /** Leaves that every chain which answered has anchored: what any of them anchors later is more. Infinite where none is asked. */
  get settledSize(): number {
    return Math.min(...[...this.#chains.values()].map(({ anchors }) => Number(anchors.at(-1)?.size ?? 0n)));
  }

  coveringAnchors(): CoveringAnchor[] {
    return this.#anchors().map((anchor) => ({ size: Number(anchor.size), time: anchor.time, anchor: statedAnchorOf(anchor) }));
  }

  /** Says what is missing for V1: nodes, chains, anchors. */
  reportUnanswered(check: Check, policies: readonly LogPolicy[]): void {
    const { chains: current } = policies.at(-1) as LogPolicy;
    const isCurrent = new Set(current.map(chainKeyOf));
    for (const message of this.#silent) check.unverifiable.add({ message });
    for (const listed of listedIn(policies)) {
      const message = `chain ${listed.chainId} is listed by an earlier policy only, and was not asked`;
      if (!isCurrent.has(chainKeyOf(listed)) && !this.#chains.has(chainKeyOf(listed)))
        check.findings.add({ name: 'chain-not-asked', message });
    }
    for (const listed of current) {
      const isServed = this.#nodes.some(({ chainId }) => chainId === listed.chainId);
      const { anchors } = this.#chains.get(chainKeyOf(listed)) ?? {};
      if (!isServed) check.unverifiable.add({ message: `no node of chain ${listed.chainId} was given (--rpc)` });
      else if (anchors?.length === 0)
        check.unverifiable.add({ message: `chain ${listed.chainId} has no final anchor of the log in ${listed.contract}` });
    }
  }

  async answerTick({ chainId, blockNumber, blockHash }: Tick): Promise<TickAnswer> {
    const chain = [...this.#chains.values()].find(({ listed }) => listed.chainId === chainId);
    if (chain === undefined) return { problem: `the tick names chain ${chainId}, of which nothing is known here`, isProven: false };
    const answers: TickAnswer[] = [];
    for (const node of chain.nodes) answers.push(await this.#answerOf(node, chain.final, { chainId, blockNumber, blockHash }));
    const [answer] = answers as [TickAnswer];
    const areSame = answers.every((other) => JSON.stringify(other) === JSON.stringify(answer));
    return areSame ? answer : { problem: `the nodes of chain ${chainId} tell different things of block ${blockNumber}`, isProven: false };
  }

  async #answerOf(node: ChainNode, final: ChainBlock, { chainId, blockNumber, blockHash }: BlockOfTick): Promise<TickAnswer> {
    if (blockNumber > final.number)
      return { problem: `the tick names block ${blockNumber}; the last final block of the node is ${final.number}`, isProven: false };
    try {
      const block = await node.block(blockNumber);
      if (block === undefined) return { problem: `the node has no block ${blockNumber} of chain ${chainId}`, isProven: false };
      if (block.hash === blockHash) return { time: block.time };
      const evidence = { stated: blockHash, onChain: block.hash };
      return { problem: `block ${blockNumber} of chain ${chainId} is not the one that the tick names`, isProven: true, evidence };
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      return { problem: `the node of chain ${chainId} does not answer: ${error.message}`, isProven: false };
    }
  }

  /** By size. */
  #anchors(): PlacedAnchor[] {
    const placed = [...this.#chains.values()].flatMap(({ listed: chain, anchors }) => anchors.map((anchor) => ({ ...anchor, chain })));
    return placed.sort((left, right) => (left.size < right.size ? -1 : left.size > right.size ? 1 : 0));
  }
}

function statedAnchorOf({ chain, block, blockHash, tx }: PlacedAnchor) {
  return { chainId: chain.chainId.toString(), contract: chain.contract, block: block.toString(), blockHash, tx };
}

/** Each chain once, as the newest policy has it. */
function listedIn(policies: readonly LogPolicy[]): ListedChain[] {
  const listed = policies.flatMap(({ chains }) => chains.map((chain) => [chainKeyOf(chain), chain] as const));
  return [...new Map(listed).values()];
}
