import type { ChainNode } from '../../application/chain-node.ts';
import { ChainRefusedFault, ChainUnavailableFault } from '../../application/chain-faults.ts';

const answerMsMax = 15_000;

/**
 * JSON-RPC to a chain node, one request a call. No cache, no retry and no background polling: who calls decides what a lost answer
 * means. Throws `ChainUnavailableFault` and `ChainRefusedFault`.
 */
export class JsonRpc implements ChainNode {
  readonly #url: string;
  readonly #fetch: typeof fetch;
  #lastId = 0;

  constructor(url: string, fetchOver: typeof fetch = fetch) {
    this.#url = url;
    this.#fetch = fetchOver;
  }

  async call<Result>(method: string, ...params: readonly unknown[]): Promise<Result> {
    const id = ++this.#lastId;
    const answer = await this.#exchange(method, JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    const { error } = answer;
    if (error !== undefined && error !== null) throw new ChainRefusedFault(method, error.message ?? '', revertDataIn(error));
    return answer.result as Result;
  }

  async #exchange(method: string, body: string): Promise<RpcAnswer> {
    let text: string;
    try {
      const response = await this.#fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(answerMsMax),
      });
      text = await response.text();
      if (response.status === 429 || response.status >= 500) throw new Error(`It answered ${response.status}.`);
    } catch (error) {
      throw new ChainUnavailableFault(`The chain node did not answer ${method}.`, { cause: error });
    }
    let answer: unknown;
    try {
      answer = JSON.parse(text);
    } catch (error) {
      throw new ChainUnavailableFault(`The chain node answered ${method} with something else than JSON.`, { cause: error });
    }
    if (typeof answer === 'object' && answer !== null) return answer;
    throw new ChainUnavailableFault(`The chain node answered ${method} with something else than JSON-RPC.`);
  }
}

interface RpcError {
  readonly message?: string;
  readonly data?: unknown;
}

interface RpcAnswer {
  readonly result?: unknown;
  /** Null beside a result, by some nodes. */
  readonly error?: RpcError | null;
}

/** What a reverted call returned. Nodes put it into `data` or one level deeper. */
function revertDataIn({ data }: RpcError): string | undefined {
  if (typeof data === 'string' && data.startsWith('0x')) return data;
  const inner = typeof data === 'object' && data !== null ? (data as { data?: unknown }).data : undefined;
  return typeof inner === 'string' && inner.startsWith('0x') ? inner : undefined;
}
