import { keccak_256 } from '@noble/hashes/sha3.js';
import { readBody } from '../source/http-body.ts';
import { NodeError } from './node-error.ts';

export interface ChainBlock {
  readonly number: bigint;
  /** 0x-hex. */
  readonly hash: string;
  /** Seconds since 1970. */
  readonly time: number;
}

export interface ChainLog {
  readonly topics: readonly string[];
  readonly data: string;
  readonly block: bigint;
  readonly blockHash: string;
  readonly tx: string;
}

const timeoutMs = 30_000;
const answerBytesMax = 64 * 1024 * 1024;
/** What public nodes answer in one go. */
const blocksPerSearchMax = 5_000n;
const quantityPattern = /^0x[0-9a-f]{1,64}$/i;
const hashPattern = /^0x[0-9a-f]{64}$/i;
const dataPattern = /^0x([0-9a-f]{2})*$/i;

/** The auditor's own node, over JSON-RPC. What it answers is taken for nothing but its word: an answer of another form is a `NodeError`. */
export class ChainNode {
  readonly url: string;
  #calls = 0;

  constructor(url: string) {
    this.url = url;
  }

  async chainId(): Promise<bigint> {
    return quantityOf(await this.#send('eth_chainId', []));
  }

  /** Undefined for a block that the node does not have. */
  async block(which: 'finalized' | bigint): Promise<ChainBlock | undefined> {
    const answer = await this.#send('eth_getBlockByNumber', [typeof which === 'bigint' ? hex(which) : which, false]);
    if (answer === null) return undefined;
    const { number, hash, timestamp } = fieldsOf(answer);
    return { number: quantityOf(number), hash: textOf(hash, hashPattern), time: Number(quantityOf(timestamp)) };
  }

  /** EXTCODEHASH; undefined where there is no code. */
  async codeHash(address: string, at: 'latest' | bigint): Promise<string | undefined> {
    const code = textOf(await this.#send('eth_getCode', [address, typeof at === 'bigint' ? hex(at) : at]), dataPattern);
    return code === '0x' ? undefined : `0x${Buffer.from(keccak_256(Buffer.from(code.slice(2), 'hex'))).toString('hex')}`;
  }

  async call(to: string, data: string, at: 'latest' | bigint): Promise<string> {
    return textOf(await this.#send('eth_call', [{ to, data }, typeof at === 'bigint' ? hex(at) : at]), dataPattern);
  }

  /** All logs of a contract in these blocks, in order. Asks for fewer blocks at a time where the node refuses. */
  async logs(address: string, topics: readonly (readonly string[] | string)[], from: bigint, to: bigint): Promise<ChainLog[]> {
    const logs: ChainLog[] = [];
    let span = blocksPerSearchMax;
    for (let next = from; next <= to;) {
      const last = next + span - 1n < to ? next + span - 1n : to;
      try {
        const found = await this.#send('eth_getLogs', [{ address, topics, fromBlock: hex(next), toBlock: hex(last) }]);
        if (!Array.isArray(found)) throw new NodeError('eth_getLogs: the answer is no list', 'nonsense');
        for (const log of found) logs.push(chainLogOf(log));
        next = last + 1n;
      } catch (error) {
        if (!(error instanceof NodeError && error.failure === 'refused') || span === 1n) throw error;
        span = span / 4n || 1n;
      }
    }
    return logs;
  }

  async #send(method: string, params: unknown[]): Promise<unknown> {
    const answer = fieldsOf(await this.#post(method, JSON.stringify({ jsonrpc: '2.0', id: ++this.#calls, method, params })));
    if (answer['error'] !== undefined && answer['error'] !== null) {
      const { message } = fieldsOf(answer['error']);
      throw new NodeError(`${method}: ${typeof message === 'string' ? message : 'refused'}`, 'refused');
    }
    if (answer['result'] === undefined) throw new NodeError(`${method}: the answer has no result`, 'silent');
    return answer['result'];
  }

  async #post(method: string, body: string): Promise<unknown> {
    try {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(this.url, { method: 'POST', headers, body, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
      const bytes = await readBody(answer, answerBytesMax);
      if (bytes === undefined) throw new NodeError(`${method}: the answer has more than ${answerBytesMax} bytes`, 'refused');
      return JSON.parse(bytes.toString('utf8')) as unknown;
    } catch (error) {
      if (error instanceof NodeError) throw error;
      const { message, cause } = error as Error;
      throw new NodeError(`${method}: ${cause instanceof Error && cause.message !== '' ? cause.message : message}`, 'silent');
    }
  }
}

function chainLogOf(log: unknown): ChainLog {
  const { topics, data, blockNumber, blockHash, transactionHash } = fieldsOf(log);
  if (!Array.isArray(topics)) throw new NodeError('eth_getLogs: a log has no topics', 'nonsense');
  return {
    topics: topics.map((topic) => textOf(topic, hashPattern)),
    data: textOf(data, dataPattern),
    block: quantityOf(blockNumber),
    blockHash: textOf(blockHash, hashPattern),
    tx: textOf(transactionHash, hashPattern),
  };
}

function fieldsOf(value: unknown): { readonly [name: string]: unknown } {
  if (typeof value !== 'object' || value === null) throw new NodeError('the answer is no object', 'nonsense');
  return value as { readonly [name: string]: unknown };
}

function quantityOf(value: unknown): bigint {
  return BigInt(textOf(value, quantityPattern));
}

/** Lower case, as everything is that it is compared with. */
function textOf(value: unknown, pattern: RegExp): string {
  if (typeof value !== 'string' || !pattern.test(value)) throw new NodeError('the answer has another form than JSON-RPC has', 'nonsense');
  return value.toLowerCase();
}

function hex(number: bigint): string {
  return `0x${number.toString(16)}`;
}
