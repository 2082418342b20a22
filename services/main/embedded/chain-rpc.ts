import { JsonRpc } from '../../chain/adapters/rpc/json-rpc.ts';

/** A block as far as the supervisor of the local chain looks at it. */
export interface ChainBlock {
  readonly number: number;
  readonly transactions: number;
}

/** The few calls that keep the local chain going. A node that does not answer is a thrown error. */
export class ChainRpc {
  readonly url: string;
  private readonly rpc: JsonRpc;

  constructor(url: string) {
    this.url = url;
    this.rpc = new JsonRpc(url);
  }

  async chainId(): Promise<number> {
    return Number(await this.rpc.call<string>('eth_chainId'));
  }

  async block(which: number | 'latest' | 'finalized'): Promise<ChainBlock> {
    const tag = typeof which === 'number' ? `0x${which.toString(16)}` : which;
    const block = await this.rpc.call<{ number: string; transactions: string[] }>('eth_getBlockByNumber', tag, false);
    return { number: Number(block.number), transactions: block.transactions.length };
  }

  async hasCode(address: string): Promise<boolean> {
    return (await this.rpc.call<string>('eth_getCode', address, 'latest')) !== '0x';
  }

  async mine(): Promise<void> {
    await this.rpc.call('evm_mine');
  }
}
