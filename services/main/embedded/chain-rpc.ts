/** A block as far as the supervisor of the local chain looks at it. */
export interface ChainBlock {
  readonly number: number;
  readonly transactions: number;
}

const answerMsMax = 5_000;

/** The few JSON-RPC calls that keep the local chain going. A node that does not answer is a thrown error. */
export class ChainRpc {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async chainId(): Promise<number> {
    return Number(await this.call('eth_chainId'));
  }

  async block(which: number | 'latest' | 'finalized'): Promise<ChainBlock> {
    const tag = typeof which === 'number' ? `0x${which.toString(16)}` : which;
    const block = (await this.call('eth_getBlockByNumber', tag, false)) as { number: string; transactions: string[] };
    return { number: Number(block.number), transactions: block.transactions.length };
  }

  async hasCode(address: string): Promise<boolean> {
    return (await this.call('eth_getCode', address, 'latest')) !== '0x';
  }

  async mine(): Promise<void> {
    await this.call('evm_mine');
  }

  private async call(method: string, ...params: unknown[]): Promise<unknown> {
    const response = await fetch(this.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: AbortSignal.timeout(answerMsMax),
    });
    const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
    if (answer.error !== undefined) throw new Error(`The chain refused ${method}: ${answer.error.message}`);
    return answer.result;
  }
}
