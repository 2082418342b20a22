import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { AbiCoder, Interface, keccak256, toBeHex, toUtf8Bytes } from 'ethers';
import { ChainRefusedFault } from '../../services/chain/application/chain-faults.ts';
import type { ChainNode } from '../../services/chain/application/chain-node.ts';
import { contractEvents } from '../../services/settlement/adapters/chain/contract-events.ts';

/** What a contract emits, before a block takes it. */
export interface ScriptedLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  /** The slot that it closes, for the view of the contract. */
  readonly slot?: { readonly providerId: string; readonly seq: bigint };
}

export interface ScriptedBlock {
  readonly number: bigint;
  readonly hash: string;
  readonly parentHash: string;
  readonly timestamp: bigint;
  /** One transaction for each list. */
  readonly transactions: readonly (readonly ScriptedLog[])[];
}

export const scriptedContracts = {
  registry: `0x${'a1'.repeat(20)}`,
  settlement: `0x${'a2'.repeat(20)}`,
  escrow: `0x${'a3'.repeat(20)}`,
  creditFactory: `0x${'a4'.repeat(20)}`,
};
export const scriptedChainId = '77';
const interfaces = Object.values(contractEvents).map((events) => new Interface([...events]));
const someone = `0x${'b1'.repeat(20)}`;
const treasury = `0x${'b2'.repeat(20)}`;
const word = (text: string) => keccak256(toUtf8Bytes(text));
const native = `0x${'0'.repeat(40)}`;

/** Any event of the contracts, by name. */
export function emitted(address: string, name: string, values: readonly unknown[]): ScriptedLog {
  const contract = interfaces.find((candidate) => candidate.getEvent(name) !== null)!;
  const { topics, data } = contract.encodeEventLog(name, values);
  return { address, topics, data };
}

export function settled(seq: bigint, { providerId = '1', amount = 1_000n } = {}): ScriptedLog {
  const values = [providerId, word(`invoice ${seq}`), someone, seq, 1, 1, native, amount, 10n, treasury, '0x455552', 1_234n];
  return { ...emitted(scriptedContracts.settlement, 'Settled', values), slot: { providerId, seq } };
}

export function purchased(seq: bigint, eventId: bigint, providerId = '1'): ScriptedLog {
  const values = [providerId, eventId, someone, seq, native, 500n, word(`purchase ${seq}`)];
  return { ...emitted(scriptedContracts.escrow, 'Purchased', values), slot: { providerId, seq } };
}

/** A chain as a test writes it. It holds every block that it ever had, so that it can leave one for another and come back. */
export class ScriptedChain {
  readonly #blocks = new Map<string, ScriptedBlock>();
  /** Hashes from block 0 on. */
  #canonical: string[] = [];
  #forks = 0;
  finalizedNumber = 0n;
  /** By address, where it is not the usual one. */
  readonly codes = new Map<string, string>();

  constructor() {
    this.mine();
  }

  get head(): ScriptedBlock {
    return this.at(BigInt(this.#canonical.length) - 1n)!;
  }

  /** A block with these transactions on top of the head. The same ones on the same head are another block each time. */
  mine(...transactions: (readonly ScriptedLog[])[]): ScriptedBlock {
    const number = BigInt(this.#canonical.length);
    const parentHash = this.#canonical.at(-1) ?? `0x${'0'.repeat(64)}`;
    const hash = word(`${parentHash} ${number} ${++this.#forks}`);
    const block = { number, hash, parentHash, timestamp: 1_700_000_000n + number * 2n, transactions };
    this.#blocks.set(hash, block);
    this.#canonical.push(hash);
    return block;
  }

  mineEmpty(count: number): void {
    for (let mined = 0; mined < count; mined++) this.mine();
  }

  /** Up to so many blocks behind the head is final. */
  finalise(depth = 0n): void {
    this.finalizedNumber = this.head.number - depth;
  }

  /** Takes the last blocks away; what is mined next is another branch. */
  undo(blocks: number): void {
    this.#canonical = this.#canonical.slice(0, -blocks);
  }

  /** Makes a block that it knows its head again. */
  goTo(hash: string): void {
    const branch: string[] = [];
    for (let at = this.#blocks.get(hash); at !== undefined; at = this.#blocks.get(at.parentHash)) branch.unshift(at.hash);
    this.#canonical = branch;
  }

  at(number: bigint): ScriptedBlock | undefined {
    const hash = this.#canonical[Number(number)];
    return hash === undefined ? undefined : this.#blocks.get(hash);
  }

  byHash(hash: string): ScriptedBlock | undefined {
    return this.#blocks.get(hash);
  }

  canonical(upTo = this.head.number): ScriptedBlock[] {
    return this.#canonical.slice(0, Number(upTo) + 1).map((hash) => this.#blocks.get(hash)!);
  }

  /** From block 0 to this one, whatever chain it is on. */
  branch(hash: string): ScriptedBlock[] {
    const branch: ScriptedBlock[] = [];
    for (let at = this.#blocks.get(hash); at !== undefined; at = this.#blocks.get(at.parentHash)) branch.unshift(at);
    return branch;
  }
}

/** A log as a node writes it. */
export interface RawLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly transactionHash: string;
  readonly logIndex: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly removed: boolean;
}

/** `hang up`: the socket ends without an answer. `silence`: it never says anything. */
export type Told = { readonly result: unknown } | { readonly error: string } | { readonly status: number } | 'hang up' | 'silence';

/** What a node says instead of the truth; undefined where it tells the truth. */
export type Lie = (method: string, params: readonly unknown[], truth: () => unknown) => Told | undefined;

export interface ScriptedNode {
  readonly url: string;
  /** How often each method was asked. */
  readonly asked: Map<string, number>;
  lie: Lie | undefined;
  /** The node knows no blocks behind this many before the head of the chain. */
  lag: bigint;
  close(): Promise<void>;
}

/** A request that a scripted node of this process leaves without an answer. */
export interface Silence {
  readonly url: string;
  readonly body: string;
}

/** Told of each, so that nobody has to wait until it is sure that none comes. */
export const silences = new EventEmitter<{ silence: [Silence] }>().setMaxListeners(0);

/** A node of the chain over real HTTP. */
export async function startScriptedNode(chain: ScriptedChain): Promise<ScriptedNode> {
  const node = { lie: undefined as Lie | undefined, lag: 0n, asked: new Map<string, number>() };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request);
    const { id, method, params } = JSON.parse(body) as { id: number; method: string; params: unknown[] };
    node.asked.set(method, (node.asked.get(method) ?? 0) + 1);
    const truth = () => answerOf(chain, chain.head.number - node.lag, method, params);
    const told = node.lie?.(method, params, truth) ?? truthOf(truth);
    if (told === 'silence') return void silences.emit('silence', { url, body });
    if (told === 'hang up') return void request.socket.destroy();
    if ('status' in told) return void response.writeHead(told.status).end('slow down');
    const said = 'result' in told ? { result: told.result } : { error: { code: -32000, message: told.error } };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, ...said }));
  };
  const server = createServer((request, response) => void answer(request, response));
  // The client closes what is idle; a server that did so at the same moment would drop a request on a busy machine.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return Object.assign(node, { url, close });
}

/** The chain without a wire, for what is asked very often. */
export function scriptedCalls(chain: ScriptedChain): ChainNode {
  return {
    async call<Result>(method: string, ...params: readonly unknown[]): Promise<Result> {
      const told = truthOf(() => answerOf(chain, chain.head.number, method, [...params]));
      if ('error' in told) throw new ChainRefusedFault(method, told.error, undefined);
      return told.result as Result;
    },
  };
}

class Refusal extends Error {}

function truthOf(truth: () => unknown): { readonly result: unknown } | { readonly error: string } {
  try {
    return { result: truth() };
  } catch (error) {
    if (error instanceof Refusal) return { error: error.message };
    throw error;
  }
}

interface Asked {
  readonly address: readonly string[];
  readonly topics: readonly (readonly string[] | null)[];
  readonly fromBlock: string;
  readonly toBlock: string;
  readonly blockHash?: string;
}

function answerOf(chain: ScriptedChain, head: bigint, method: string, params: readonly unknown[]): unknown {
  const [first, second] = params as [string, { blockHash: string }];
  const finalized = chain.finalizedNumber < head ? chain.finalizedNumber : head;
  const numberOf = (text: string) => ({ latest: head, finalized })[text] ?? BigInt(text);
  const known = (number: bigint) => (number > head ? undefined : chain.at(number));
  switch (method) {
    case 'eth_chainId':
      return toBeHex(scriptedChainId);
    case 'eth_blockNumber':
      return toBeHex(head);
    case 'eth_getCode':
      return chain.codes.get(first) ?? (Object.values(scriptedContracts).includes(first) ? '0x6001' : '0x');
    case 'eth_getBlockByNumber':
      return shown(known(numberOf(first)));
    case 'eth_getBlockByHash':
      return shown(chain.byHash(first));
    case 'eth_getLogs':
      return logsOf(blocksOf(chain, head, params[0] as Asked), params[0] as Asked);
    case 'eth_getTransactionReceipt':
      return receiptOf(chain.canonical(head), first);
    case 'eth_getBlockReceipts':
      return receiptsOf(chain.byHash(first));
    case 'eth_call':
      return viewOf(chain.branch(second.blockHash), params[0] as { to: string; data: string });
    default:
      return refuse(`the method ${method} does not exist`);
  }
}

function blocksOf(chain: ScriptedChain, head: bigint, { blockHash, fromBlock, toBlock }: Asked): ScriptedBlock[] {
  if (blockHash !== undefined) return [chain.byHash(blockHash) ?? refuse('unknown block')];
  return chain.canonical(head).filter(({ number }) => number >= BigInt(fromBlock) && number <= BigInt(toBlock));
}

function refuse(message: string): never {
  throw new Refusal(message);
}

function shown(block: ScriptedBlock | undefined): unknown {
  if (block === undefined) return null;
  const { number, hash, parentHash, timestamp } = block;
  const transactions = block.transactions.map((_, index) => txOf(block, index));
  return { number: toBeHex(number), hash, parentHash, timestamp: toBeHex(timestamp), transactions };
}

function txOf({ hash }: ScriptedBlock, index: number): string {
  return word(`${hash} transaction ${index}`);
}

function rawLogsOf(block: ScriptedBlock): RawLog[] {
  let logIndex = 0;
  return block.transactions.flatMap((logs, index) =>
    logs.map(({ address, topics, data }) => ({
      ...{ address, topics, data, transactionHash: txOf(block, index), logIndex: toBeHex(logIndex++) },
      ...{ blockNumber: toBeHex(block.number), blockHash: block.hash, removed: false },
    })),
  );
}

function logsOf(blocks: readonly ScriptedBlock[], { address, topics }: Asked): RawLog[] {
  return blocks
    .flatMap(rawLogsOf)
    .filter(
      (log) => address.includes(log.address) && topics.every((wanted, at) => wanted === null || wanted.includes(log.topics[at] ?? '')),
    );
}

function receiptsOf(block: ScriptedBlock | undefined): unknown {
  return block?.transactions.map((_, index) => receiptOf([block], txOf(block, index))) ?? null;
}

function receiptOf(blocks: readonly ScriptedBlock[], tx: string): unknown {
  for (const block of blocks) {
    const index = block.transactions.findIndex((_, at) => txOf(block, at) === tx);
    if (index < 0) continue;
    const logs = rawLogsOf(block).filter((log) => log.transactionHash === tx);
    return { status: '0x1', blockHash: block.hash, blockNumber: toBeHex(block.number), transactionHash: tx, logs };
  }
  return null;
}

function viewOf(blocks: readonly ScriptedBlock[], { to, data }: { to: string; data: string }): string {
  if (blocks.length === 0) refuse('header not found');
  const [providerId, at] = AbiCoder.defaultAbiCoder().decode(['uint64', 'uint256'], `0x${data.slice(10)}`) as unknown as [bigint, bigint];
  const closed = blocks
    .flatMap(({ transactions }) => transactions.flat())
    .filter(({ address, slot }) => address === to && slot !== undefined && BigInt(slot.providerId) === providerId)
    .map(({ slot }) => slot!.seq);
  const bits = closed.filter((seq) => seq / 256n === at).reduce((all, seq) => all | (1n << (seq % 256n)), 0n);
  return toBeHex(bits, 32);
}
