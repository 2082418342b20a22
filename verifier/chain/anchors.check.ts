import type { Check } from '../checks/check.ts';
import type { ListedChain } from '../log/policy.ts';
import type { ChainBlock, ChainNode } from './chain-node.ts';
import { type AnchorEvent, latestCall, readAnchorEvent, readLatest, topicsOf } from './ledger-anchor.ts';
import { NodeError } from './node-error.ts';

/** An anchor in a final block. */
export interface FinalAnchor {
  readonly size: bigint;
  /** 64 lower-case hex. */
  readonly root: string;
  readonly seq: bigint;
  readonly block: bigint;
  readonly blockHash: string;
  readonly tx: string;
  /** Of the block, seconds since 1970. */
  readonly time: number;
}

/** What a node says of a log on one listed chain, up to its last final block. */
export interface ReadChain {
  readonly listed: ListedChain;
  /** All that told the same. */
  readonly nodes: readonly ChainNode[];
  readonly final: ChainBlock;
  /** In order. */
  readonly anchors: readonly FinalAnchor[];
}

/** Root of the tree without leaves: SHA-256 of nothing. */
const emptyRoot = '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const blocksAtOnce = 8;

/**
 * V1 for one chain by one node. Undefined where nothing can be said of it; problems are added to the check. Throws `NodeError` for a node that
 * does not answer.
 */
export async function readChain(check: Check, node: ChainNode, listed: ListedChain, logId: string): Promise<ReadChain | undefined> {
  const place = `contract ${listed.contract} on chain ${listed.chainId}`;
  const final = await node.block('finalized');
  if (final === undefined) {
    check.unverifiable.add({ message: `the node of chain ${listed.chainId} knows no final block` });
    return undefined;
  }
  if (!(await hasListedCode(check, node, listed, final, place))) return undefined;
  const logs = await node.logs(listed.contract, topicsOf(logId), listed.fromBlock, final.number);
  const history = new LogHistory(check, place);
  for (const log of logs) history.next(readAnchorEvent(log), { block: log.block, blockHash: log.blockHash, tx: log.tx });
  await compareLatest({ check, node, listed, final, logId, place, last: history.anchors.at(-1) });
  return { listed, nodes: [node], final, anchors: await withTimes(node, history.anchors) };
}

async function hasListedCode(check: Check, node: ChainNode, listed: ListedChain, final: ChainBlock, place: string): Promise<boolean> {
  const { answer: codeHash } = await atFinal(check, final, listed, (at) => node.codeHash(listed.contract, at));
  if (codeHash === listed.codeHash) return true;
  // Code cannot go away: a node without it serves another chain of this number, or is behind.
  if (codeHash === undefined) check.unverifiable.add({ message: `the node knows no ${place}` });
  else check.invalid.add({ message: `the code of ${place} is not the one listed`, evidence: { listed: listed.codeHash, found: codeHash } });
  return false;
}

/** Asks about the state at the final block; nodes that keep no older state are asked about the latest, which is said. */
async function atFinal<Answer>(
  check: Check,
  final: ChainBlock,
  { chainId }: ListedChain,
  ask: (at: 'latest' | bigint) => Promise<Answer>,
): Promise<{ readonly answer: Answer; readonly isFinal: boolean }> {
  try {
    return { answer: await ask(final.number), isFinal: true };
  } catch (error) {
    if (!(error instanceof NodeError && error.failure === 'refused')) throw error;
    const message = `the node of chain ${chainId} holds no state at final block ${final.number}: events up to there are replayed instead`;
    if (check.findings.count === 0) check.findings.add({ name: 'node-without-history', message });
    return { answer: await ask('latest'), isFinal: false };
  }
}

interface LatestQuestion {
  readonly check: Check;
  readonly node: ChainNode;
  readonly listed: ListedChain;
  readonly final: ChainBlock;
  readonly logId: string;
  readonly place: string;
  /** The last anchor by the events up to the final block. */
  readonly last: Omit<FinalAnchor, 'time'> | undefined;
}

async function compareLatest({ check, node, listed, final, logId, place, last }: LatestQuestion): Promise<void> {
  const { answer, isFinal } = await atFinal(check, final, listed, (at) => node.call(listed.contract, latestCall(logId), at));
  const { size, root, seq } = readLatest(answer);
  const isSame = size === (last?.size ?? 0n) && seq === (last?.seq ?? 0n) && (last === undefined || root === `0x${last.root}`);
  const isAhead = !isFinal && size > (last?.size ?? 0n) && seq > (last?.seq ?? 0n); // By anchors that are not final yet.
  if (isSame || isAhead) return;
  const evidence = {
    latest: `${size} leaves, root ${root}, seq ${seq}`,
    events: last === undefined ? 'none' : `${last.size} leaves, root 0x${last.root}, seq ${last.seq}`,
  };
  check.invalid.add({ message: `latest() of ${place} is not what its events say`, evidence });
}

/** The rules that the contract keeps, checked once more over its events. */
class LogHistory {
  readonly anchors: Omit<FinalAnchor, 'time'>[] = [];
  readonly #check: Check;
  readonly #place: string;
  #publisher: string | undefined;
  #isFrozen = false;

  constructor(check: Check, place: string) {
    this.#check = check;
    this.#place = place;
  }

  next(event: AnchorEvent | undefined, at: Pick<FinalAnchor, 'block' | 'blockHash' | 'tx'>): void {
    if (event === undefined) return;
    if (this.#isFrozen) this.#refuse(`${event.name} after the log was frozen`, at);
    if (event.name === 'Frozen') this.#isFrozen = true;
    else if (event.name === 'LogRegistered') {
      if (this.#publisher !== undefined) this.#refuse('the log was registered twice', at);
      this.#publisher = event.publisher;
    } else if (event.name === 'PublisherRotated') {
      if (event.from !== this.#publisher) this.#refuse('a publisher handed over who was none', at);
      this.#publisher = event.to;
    } else this.#anchored(event, at);
  }

  #anchored({ size, root, prevRoot, seq }: AnchorEvent & { name: 'Anchored' }, at: Pick<FinalAnchor, 'block' | 'blockHash' | 'tx'>): void {
    const last = this.anchors.at(-1);
    if (this.#publisher === undefined) this.#refuse('an anchor before the log was registered', at);
    if (seq !== (last?.seq ?? 0n) + 1n) this.#refuse(`anchor ${seq} follows anchor ${last?.seq ?? 0n}`, at);
    if (size <= (last?.size ?? 0n)) this.#refuse(`an anchor of ${size} leaves follows one of ${last?.size ?? 0n}`, at);
    if (prevRoot !== (last === undefined ? emptyRoot : `0x${last.root}`))
      this.#refuse(`anchor ${seq} does not begin at the root before it`, at);
    this.anchors.push({ size, root: root.slice(2), seq, ...at });
  }

  #refuse(message: string, { block, tx }: Pick<FinalAnchor, 'block' | 'tx'>): void {
    this.#check.invalid.add({ message: `${this.#place}: ${message}`, evidence: { block: block.toString(), tx } });
  }
}

async function withTimes(node: ChainNode, anchors: readonly Omit<FinalAnchor, 'time'>[]): Promise<FinalAnchor[]> {
  const timed: FinalAnchor[] = [];
  for (let from = 0; from < anchors.length; from += blocksAtOnce) {
    const some = anchors.slice(from, from + blocksAtOnce);
    const blocks = await Promise.all(some.map(({ block }) => node.block(block)));
    some.forEach((anchor, place) => {
      const block = blocks[place];
      if (block?.hash !== anchor.blockHash) throw new NodeError(`block ${anchor.block} is not the one that its log names`, 'nonsense');
      timed.push({ ...anchor, time: block.time });
    });
  }
  return timed;
}
