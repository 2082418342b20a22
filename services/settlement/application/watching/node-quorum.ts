import { ChainFault, WrongChainFault } from '../../../chain/application/chain-faults.ts';
import type { Clock } from '../../../commands/application/clock.ts';
import type { ChainProfile } from '../settlement-chain.ts';
import { untilEnough } from '../until-enough.ts';
import type { WatchedBlock, WatchedNode } from './watched-node.ts';
import { NodesDisagreeFault, QuorumFault } from './watcher-faults.ts';

export interface NodeQuorumOptions {
  /** Decimal. */
  readonly chainId: string;
  readonly nodes: readonly WatchedNode[];
  /** How many have to say the same. */
  readonly quorum: number;
  readonly profile: Pick<ChainProfile, 'blockTimeMaxMs'>;
  readonly clock: Clock;
  /** Longest pause before a node that failed is asked again. */
  readonly backoffMsMax: number;
  /** How long those that are slower than the quorum are waited for. */
  readonly graceMs: number;
}

/**
 * `well`: it is asked. `away`: it did not answer, or not in a way that can be. `stale`: its newest block is too old. `behind`: its newest
 * block is older than what was final before. `wrong`: it serves another chain or other contracts.
 */
export type NodeState = 'well' | 'away' | 'stale' | 'behind' | 'wrong';

export interface NodeStanding {
  readonly name: string;
  readonly state: NodeState;
  readonly message: string | undefined;
  readonly head: bigint | undefined;
  readonly finalized: bigint | undefined;
}

/** What has to be so on a node before anything it says counts. */
export interface NodeDemands {
  /** The head of a node that is well is not below this. */
  readonly finalFloor: bigint;
  /** Code hashes by address. */
  readonly pins: ReadonlyMap<string, string>;
}

/** How far enough nodes have come. */
export interface ChainSight {
  readonly head: bigint;
  readonly finalized: bigint;
}

interface Known {
  readonly node: WatchedNode;
  state: NodeState;
  message: string | undefined;
  head: WatchedBlock | undefined;
  finalized: WatchedBlock | undefined;
  /** Addresses whose code was found to be the pinned one since the node was away last. */
  readonly trusted: Map<string, string>;
  isOurChain: boolean;
  failures: number;
  askAfter: number;
  /** Questions that nobody waits for any more, and that it has not answered yet. */
  late: number;
}

interface Named<Answer> {
  readonly name: string;
  readonly answer: Answer;
}

const backoffMsFirst = 500;

/**
 * The nodes of one chain. Nothing is believed that fewer than the quorum say; what they say differently is never settled by a vote: where
 * there can be only one truth, it waits until all agree. Who is much slower than the quorum is not waited for, nor asked more while others are
 * enough; what it says in the end is held against what was believed, and the next look is told of it.
 */
export class NodeQuorum {
  readonly #options: NodeQuorumOptions;
  readonly #known: readonly Known[];
  /** What came of an answer that nobody waited for. */
  #late: Error | undefined;

  constructor(options: NodeQuorumOptions) {
    this.#options = options;
    const fresh = { state: 'away', message: 'It was not asked yet.', head: undefined, finalized: undefined } as const;
    this.#known = options.nodes.map((node) => ({
      node,
      ...fresh,
      trusted: new Map(),
      isOurChain: false,
      failures: 0,
      askAfter: 0,
      late: 0,
    }));
  }

  standings(): NodeStanding[] {
    return this.#known.map(({ node, state, message, head, finalized }) => ({
      ...{ name: node.name, state, message },
      ...{ head: head?.number, finalized: finalized?.number },
    }));
  }

  /**
   * Asks every node where it is. Throws `QuorumFault` if too few are well, and `WrongChainFault` if that is because they are others' nodes; once
   * `NodesDisagreeFault`, where a slow node has contradicted meanwhile what was believed without it.
   */
  async look(demands: NodeDemands): Promise<ChainSight> {
    const late = this.#late;
    this.#late = undefined;
    if (late !== undefined) throw late;
    const { quorum } = this.#options;
    let wellNow = 0;
    const looked = async (known: Known) => {
      await this.#lookAt(known, demands);
      if (known.state === 'well') wellNow++;
    };
    const asked = this.#prompt(this.#known);
    await this.#untilEnough(asked, looked, () => wellNow >= quorum);
    const well = this.#well();
    if (well.length < quorum) throw this.#tooFew();
    return {
      head: nthHighest(
        well.map(({ head }) => head?.number ?? 0n),
        quorum,
      ),
      finalized: nthHighest(
        well.map(({ finalized }) => finalized?.number ?? 0n),
        quorum,
      ),
    };
  }

  /** The block that is final at this height: all nodes that are final so far show the same one. */
  async finalBlock(number: bigint): Promise<WatchedBlock> {
    return this.agreedFinal(
      number,
      `final block ${number}`,
      (node) => node.block(number),
      // A node is asked for a block and believed its time: nothing here computes the hash again.
      ({ hash, timestamp }) => `${hash} ${timestamp}`,
    );
  }

  /** What is the same for everybody, of the chain up to a block that is final for those who are asked. */
  agreedFinal<Answer>(
    upTo: bigint,
    what: string,
    ask: (node: WatchedNode) => Promise<Answer | undefined>,
    textOf: (answer: Answer) => string,
  ): Promise<Answer> {
    const nodes = this.#well().filter(({ finalized }) => finalized !== undefined && finalized.number >= upTo);
    return this.#same(nodes, what, ask, textOf);
  }

  /**
   * The block that enough nodes show at this height. Undefined while they do not: near the head, chains of different nodes differ without
   * anybody lying.
   */
  async shownBlock(number: bigint): Promise<WatchedBlock | undefined> {
    const nodes = this.#well().filter(({ head }) => head !== undefined && head.number >= number);
    // Near the head nodes may differ, also those that come late.
    const shown = (
      await this.#asked(
        nodes,
        (node) => node.block(number),
        () => undefined,
      )
    ).map(({ answer }) => answer);
    const counts = Map.groupBy(shown, ({ hash, parentHash, timestamp }) => `${hash} ${parentHash} ${timestamp}`);
    const [most, second] = [...counts.values()].toSorted((left, right) => right.length - left.length);
    if (most === undefined || most.length < this.#options.quorum || most.length === second?.length) return undefined;
    return most[0];
  }

  /** What is the same for everybody who knows it. Undefined of a node means that it does not know. */
  agreed<Answer>(
    what: string,
    ask: (node: WatchedNode) => Promise<Answer | undefined>,
    textOf: (answer: Answer) => string,
  ): Promise<Answer> {
    return this.#same(this.#well(), what, ask, textOf);
  }

  async #same<Answer>(
    nodes: readonly Known[],
    what: string,
    ask: (node: WatchedNode) => Promise<Answer | undefined>,
    textOf: (answer: Answer) => string,
  ): Promise<Answer> {
    const contradicts = (late: Named<Answer>, [first]: readonly Named<Answer>[]): void => {
      if (first === undefined || textOf(late.answer) === textOf(first.answer)) return;
      this.#late ??= new NodesDisagreeFault(`${late.name}, which was late, says another thing of ${what} than ${first.name}.`);
    };
    const answers = await this.#asked(nodes, ask, contradicts);
    const [first] = answers;
    const other = answers.find(({ answer }) => first !== undefined && textOf(answer) !== textOf(first.answer));
    if (first !== undefined && other !== undefined)
      throw new NodesDisagreeFault(`${first.name} and ${other.name} say different things of ${what}.`);
    if (first === undefined || answers.length < this.#options.quorum) {
      const failed = nodes.flatMap(({ node, state, message }) => (state === 'well' ? [] : [` ${node.name}: ${message}`]));
      const text = `${answers.length} of ${this.#known.length} nodes tell of ${what}; it takes ${this.#options.quorum}.`;
      throw new QuorumFault(text + failed.join(''));
    }
    return first.answer;
  }

  /** What those answer that know something, and are not much slower than the quorum. One that fails is left out until it is asked for its head again. */
  async #asked<Answer>(
    nodes: readonly Known[],
    ask: (node: WatchedNode) => Promise<Answer | undefined>,
    onLate: (late: Named<Answer>, believed: readonly Named<Answer>[]) => void,
  ): Promise<readonly Named<Answer>[]> {
    const answers: Named<Answer>[] = [];
    let isOver = false;
    const inPlace = () => answers.toSorted((left, right) => this.#placeOf(left.name) - this.#placeOf(right.name));
    const asked = async (known: Known) => {
      try {
        const answer = await ask(known.node);
        if (answer === undefined) return;
        const named = { name: known.node.name, answer };
        if (isOver) onLate(named, inPlace());
        else answers.push(named);
      } catch (error) {
        this.#failed(known, error);
      }
    };
    await this.#untilEnough(this.#prompt(nodes), asked, () => answers.length >= this.#options.quorum);
    isOver = true;
    return inPlace();
  }

  /** Those that owe no answer; all, where these are too few. */
  #prompt(nodes: readonly Known[]): readonly Known[] {
    const prompt = nodes.filter(({ late }) => late === 0);
    return prompt.length >= this.#options.quorum ? prompt : nodes;
  }

  async #untilEnough(nodes: readonly Known[], ask: (known: Known) => Promise<void>, isEnough: () => boolean): Promise<void> {
    let isOver = false;
    const open = new Set<Known>();
    const asked = nodes.map(async (known) => {
      open.add(known);
      try {
        await ask(known);
      } catch (error) {
        if (!isOver) throw error;
        this.#late ??= error instanceof Error ? error : new Error(String(error), { cause: error });
      } finally {
        open.delete(known);
        if (isOver) known.late--;
      }
    });
    await untilEnough(asked, isEnough, this.#options.graceMs);
    isOver = true;
    for (const known of open) known.late++;
  }

  #placeOf(name: string): number {
    return this.#known.findIndex(({ node }) => node.name === name);
  }

  async #lookAt(known: Known, demands: NodeDemands): Promise<void> {
    if (performance.now() < known.askAfter) return;
    try {
      await this.#assertOurs(known, demands);
      const { latest, finalized } = await known.node.heads();
      [known.head, known.finalized] = [latest, finalized];
      [known.state, known.message] = this.#stateOf(latest, demands);
      known.failures = 0;
    } catch (error) {
      this.#failed(known, error);
    }
  }

  #stateOf({ number, timestamp }: WatchedBlock, { finalFloor }: NodeDemands): [NodeState, string | undefined] {
    if (number < finalFloor) return ['behind', `Its newest block is ${number}, and ${finalFloor} was final before.`];
    const { profile, clock } = this.#options;
    const ageMs = Date.parse(clock.now()) - Number(timestamp) * 1000;
    if (profile.blockTimeMaxMs === undefined || ageMs <= profile.blockTimeMaxMs) return ['well', undefined];
    return ['stale', `Its newest block, ${number}, is ${Math.floor(ageMs / 1000)} s old.`];
  }

  async #assertOurs(known: Known, { pins }: NodeDemands): Promise<void> {
    const { node, trusted } = known;
    const { chainId } = this.#options;
    if (!known.isOurChain && (await node.chainId()) !== chainId) throw new WrongChainFault(`It does not serve chain ${chainId}.`);
    known.isOurChain = true;
    for (const [address, pin] of pins) {
      if (trusted.get(address) === pin) continue;
      const found = await node.codeHash(address);
      if (found === undefined) throw new WrongChainFault(`There is no contract at ${address}.`);
      if (found !== pin) throw new WrongChainFault(`The code at ${address} has the hash ${found}, and not ${pin}.`);
      trusted.set(address, pin);
    }
  }

  #failed(known: Known, error: unknown): void {
    if (!(error instanceof ChainFault)) throw error;
    // Who comes back may be somebody else.
    known.trusted.clear();
    known.isOurChain = false;
    [known.state, known.message] = [error instanceof WrongChainFault ? 'wrong' : 'away', error.message];
    const backoffMs = Math.min(this.#options.backoffMsMax, backoffMsFirst * 2 ** Math.min(known.failures++, 16));
    known.askAfter = performance.now() + backoffMs;
  }

  #well(): Known[] {
    return this.#known.filter(({ state }) => state === 'well');
  }

  #tooFew(): ChainFault {
    const sick = this.#known.filter(({ state }) => state !== 'well');
    const told = sick.map(({ node, state, message }) => `${node.name} is ${state}: ${message}`).join(' ');
    const text = `Only ${this.#known.length - sick.length} of ${this.#known.length} nodes are well; it takes ${this.#options.quorum}. ${told}`;
    return sick.every(({ state }) => state === 'wrong') ? new WrongChainFault(text) : new QuorumFault(text);
  }
}

function nthHighest(numbers: readonly bigint[], nth: number): bigint {
  return numbers.toSorted((left, right) => (left < right ? 1 : -1))[nth - 1] ?? 0n;
}
