import { id, Transaction } from 'ethers';
import type { ChainNode } from '../../services/chain/application/chain-node.ts';

interface Block {
  readonly hash: string;
  readonly transactions: readonly Transaction[];
}

const toHex = (value: bigint | number): string => `0x${value.toString(16)}`;
const toWord = (value: bigint): string => value.toString(16).padStart(64, '0');
const secondsAtFirst = 1_772_700_000;
const approving = '0x095ea7b3';
const askingForAllowance = '0xdd62ed3e';
const plenty = 10n ** 30n;

/** A chain that takes everything, of one key, in the order of its nonces, and that can lose blocks that were final. */
export class OneKeyChain implements ChainNode {
  #blocks: Block[] = [{ hash: id('first'), transactions: [] }];
  readonly #pool = new Map<number, Transaction>();
  #mined = 0;

  /** What is in blocks, by nonce: the selector of the call, or nothing for a nonce that was freed. */
  get calls(): readonly string[] {
    return this.#transactions().map(({ data }) => data.slice(0, 10).replace(/^0x$/, ''));
  }

  mine(): void {
    const transactions: Transaction[] = [];
    for (let nonce = this.#transactions().length; this.#pool.has(nonce); nonce++) {
      transactions.push(this.#pool.get(nonce) as Transaction);
      this.#pool.delete(nonce);
    }
    this.#append(transactions);
  }

  /** Goes on from before its first transaction but `kept`, and its nodes know nothing of what was lost. */
  lose(kept = 0): void {
    const last = this.#transactions()[kept - 1];
    const length = last === undefined ? 1 : this.#blocks.findIndex(({ transactions }) => transactions.includes(last)) + 1;
    const lost = this.#blocks.length - length;
    this.#blocks = this.#blocks.slice(0, length);
    this.#pool.clear();
    for (let block = 0; block < lost; block++) this.#append([]);
  }

  call<Result>(method: string, ...asked: readonly unknown[]): Promise<Result> {
    return Promise.resolve(this.#answer(method, asked) as Result);
  }

  #answer(method: string, [first]: readonly unknown[]): unknown {
    switch (method) {
      case 'eth_getTransactionCount':
        return toHex(this.#transactions().length);
      case 'eth_getBlockByNumber':
        return this.#block(first as string);
      case 'eth_maxPriorityFeePerGas':
        return '0x1';
      case 'eth_estimateGas':
        return '0x5208';
      case 'eth_getTransactionReceipt':
        return this.#receipt(first as string);
      case 'eth_getTransactionByHash':
        return null;
      case 'eth_sendRawTransaction':
        return this.#take(Transaction.from(first as string));
      case 'eth_call':
        return this.#called((first as { readonly data: string }).data);
      default:
        throw new Error(`${method} was asked.`);
    }
  }

  #transactions(): Transaction[] {
    return this.#blocks.flatMap(({ transactions }) => transactions);
  }

  #append(transactions: readonly Transaction[]): void {
    this.#blocks.push({ hash: id(`block ${this.#mined++}`), transactions });
  }

  #take(transaction: Transaction): string | null {
    if (transaction.nonce >= this.#transactions().length) this.#pool.set(transaction.nonce, transaction);
    return transaction.hash;
  }

  #block(named: string): object | null {
    const last = this.#blocks.length - 1;
    const number = named === 'latest' ? last : named === 'finalized' ? Math.max(0, last - 2) : Number(named);
    const hash = this.#blocks[number]?.hash;
    if (hash === undefined) return null;
    return { number: toHex(number), hash, timestamp: toHex(secondsAtFirst + number * 12), baseFeePerGas: '0x1' };
  }

  #receipt(hash: string): object | null {
    const number = this.#blocks.findIndex(({ transactions }) => transactions.some((known) => known.hash === hash));
    if (number === -1) return null;
    const where = { transactionHash: hash, blockNumber: toHex(number), blockHash: this.#blocks[number]?.hash };
    return { ...where, contractAddress: null, status: '0x1', gasUsed: '0x5208', effectiveGasPrice: '0x1' };
  }

  /** A refund may take what was approved; of credit there is no end. */
  #called(data: string): string {
    if (!data.startsWith(askingForAllowance)) return `0x${toWord(plenty)}${toWord(plenty)}`;
    return `0x${toWord(this.calls.includes(approving) ? plenty : 0n)}`;
  }
}
