import { FetchRequest, JsonRpcProvider, keccak256, Network } from 'ethers';
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
/** What public nodes answer in one go. */
const blocksPerSearchMax = 5_000n;
const unreachable = new Set(['NETWORK_ERROR', 'SERVER_ERROR', 'TIMEOUT', 'ECONNREFUSED', 'ENOTFOUND', 'ECONNRESET', 'ETIMEDOUT']);

/** The auditor's own node, over JSON-RPC. */
export class ChainNode {
  readonly url: string;
  readonly #provider: JsonRpcProvider;

  constructor(url: string) {
    this.url = url;
    const request = new FetchRequest(url);
    request.timeout = timeoutMs;
    // Named beforehand, so that nothing is asked and asked again behind our back. Which chain it is we ask ourselves.
    const network = Network.from(1);
    this.#provider = new JsonRpcProvider(request, network, { staticNetwork: network, batchMaxCount: 1 });
  }

  async chainId(): Promise<bigint> {
    return BigInt((await this.#send('eth_chainId', [])) as string);
  }

  /** Undefined for a block that the node does not have. */
  async block(which: 'finalized' | bigint): Promise<ChainBlock | undefined> {
    const answer = await this.#send('eth_getBlockByNumber', [typeof which === 'bigint' ? hex(which) : which, false]);
    if (answer === null) return undefined;
    const { number, hash, timestamp } = answer as { number: string; hash: string; timestamp: string };
    return { number: BigInt(number), hash, time: Number(timestamp) };
  }

  /** EXTCODEHASH; undefined where there is no code. */
  async codeHash(address: string, at: 'latest' | bigint): Promise<string | undefined> {
    const code = (await this.#send('eth_getCode', [address, typeof at === 'bigint' ? hex(at) : at])) as string;
    return code === '0x' ? undefined : keccak256(code);
  }

  async call(to: string, data: string, at: 'latest' | bigint): Promise<string> {
    return (await this.#send('eth_call', [{ to, data }, typeof at === 'bigint' ? hex(at) : at])) as string;
  }

  /** All logs of a contract in these blocks, in order. Asks for fewer blocks at a time where the node refuses. */
  async logs(address: string, topics: readonly (readonly string[] | string)[], from: bigint, to: bigint): Promise<ChainLog[]> {
    const logs: ChainLog[] = [];
    let span = blocksPerSearchMax;
    for (let next = from; next <= to;) {
      const last = next + span - 1n < to ? next + span - 1n : to;
      try {
        const found = await this.#send('eth_getLogs', [{ address, topics, fromBlock: hex(next), toBlock: hex(last) }]);
        for (const log of found as RpcLog[]) logs.push(chainLogOf(log));
        next = last + 1n;
      } catch (error) {
        if (!(error instanceof NodeError && error.isAnswer) || span === 1n) throw error;
        span = span / 4n || 1n;
      }
    }
    return logs;
  }

  close(): void {
    this.#provider.destroy();
  }

  async #send(method: string, params: unknown[]): Promise<unknown> {
    try {
      return (await this.#provider.send(method, params)) as unknown;
    } catch (error) {
      const { code, message, error: answered } = error as { code?: string; message: string; error?: { message?: string } };
      throw new NodeError(`${method}: ${answered?.message ?? message}`, !unreachable.has(code ?? ''));
    }
  }
}

interface RpcLog {
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly transactionHash: string;
}

function chainLogOf({ topics, data, blockNumber, blockHash, transactionHash }: RpcLog): ChainLog {
  return { topics, data, block: BigInt(blockNumber), blockHash, tx: transactionHash };
}

function hex(number: bigint): string {
  return `0x${number.toString(16)}`;
}
