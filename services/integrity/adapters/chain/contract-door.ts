import { getAddress, Interface, ZeroAddress } from 'ethers';
import { ledgerAnchorAbi } from '../../../../contracts/generated/ledger-anchor.ts';
import { WrongChainFault } from '../../../chain/application/chain-faults.ts';
import type { TransactionSigner } from '../../../chain/application/transaction.ts';
import type { ChainAccess } from '../../../chain/chain-access.ts';
import { refusalIn } from './anchor-refusal.ts';
import { codeHashOf } from './deployed-contract.ts';

/** What the contract holds of a log. */
export interface HeldLog {
  readonly size: bigint;
  /** 0x-hex. */
  readonly root: string;
  readonly seq: bigint;
  /** Undefined for a log that is frozen or was never registered. */
  readonly publisher: string | undefined;
  readonly isRegistered: boolean;
  /** EXTCODEHASH of the contract, 0x-hex. */
  readonly codeHash: string;
}

/** Hash of the transaction that did it, or `done` for what stood so before. */
export type DoorAnswer = { readonly tx: string } | 'done';

const contract = new Interface(ledgerAnchorAbi);
const zeroRoot = `0x${'0'.repeat(64)}`;

/**
 * What people do with the contract by hand: admin, publisher and guardian. Each looks first, so a command that was cut off is given again.
 * Throws `AnchorRefusedFault` for what the contract would refuse; nothing is sent then.
 */
export class ContractDoor {
  readonly #access: ChainAccess;
  readonly #address: string;

  constructor(access: ChainAccess, address: string) {
    this.#access = access;
    this.#address = address;
  }

  async held(logId: string): Promise<HeldLog> {
    const codeHash = await codeHashOf(this.#access.node, this.#address);
    if (codeHash === undefined) throw new WrongChainFault(`There is no contract at ${this.#address} on chain ${this.#access.chainId}.`);
    const [size, root, seq] = (await this.#read('latest', logId)) as [bigint, string, bigint];
    const [publisher] = (await this.#read('publisherOf', logId)) as [string];
    const isRegistered = root !== zeroRoot || size > 0n;
    return { size, root, seq, isRegistered, codeHash, publisher: publisher === ZeroAddress ? undefined : publisher };
  }

  /** By the admin, once for each log. */
  async register(admin: TransactionSigner, logId: string, publisher: string): Promise<DoorAnswer> {
    const held = await this.held(logId);
    if (held.publisher === getAddress(publisher)) return 'done';
    return this.#send(admin, 'register', [logId, publisher]);
  }

  /** By the publisher; the zero address takes a proposal back. */
  async propose(publisher: TransactionSigner, logId: string, next: string): Promise<DoorAnswer> {
    if ((await this.held(logId)).publisher === getAddress(next)) return 'done';
    return this.#send(publisher, 'proposePublisher', [logId, next]);
  }

  /** By whom the publisher proposed. */
  async accept(next: TransactionSigner, logId: string): Promise<DoorAnswer> {
    if ((await this.held(logId)).publisher === getAddress(next.address)) return 'done';
    return this.#send(next, 'acceptPublisher', [logId]);
  }

  /** By a guardian. For ever. */
  async freeze(guardian: TransactionSigner, logId: string): Promise<DoorAnswer> {
    const { isRegistered, publisher } = await this.held(logId);
    if (isRegistered && publisher === undefined) return 'done';
    return this.#send(guardian, 'freeze', [logId]);
  }

  async #send(signer: TransactionSigner, name: string, args: readonly unknown[]): Promise<DoorAnswer> {
    const data = contract.encodeFunctionData(name, args);
    try {
      const { place } = await this.#access.queueOf(signer).run(`${name} ${args.join(' ')}`, { to: this.#address, data });
      return { tx: (place as NonNullable<typeof place>).tx };
    } catch (error) {
      throw refusalIn(error);
    }
  }

  async #read(view: 'latest' | 'publisherOf', logId: string): Promise<unknown> {
    const data = contract.encodeFunctionData(view, [logId]);
    const answer = await this.#access.node.call<string>('eth_call', { to: this.#address, data }, 'latest');
    return contract.decodeFunctionResult(view, answer);
  }
}
