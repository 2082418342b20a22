import { id } from 'ethers';
import { ChainRefusedFault } from '../../services/chain/application/chain-faults.ts';
import type { ChainNode } from '../../services/chain/application/chain-node.ts';
import { TransactionQueue } from '../../services/chain/application/transaction-queue.ts';
import type { TransactionStore } from '../../services/chain/application/transaction-store.ts';
import type { TransactionSigner } from '../../services/chain/application/transaction.ts';
import type { CommandExecutor } from '../../services/commands/application/command-executor.ts';
import { MemoryEventStore } from '../../services/event-store/adapters/memory/memory.event-store.ts';
import type { DispatchCalls } from '../../services/settlement/application/sending/dispatch-calls.ts';
import { orderDispatch } from '../../services/settlement/application/sending/dispatch-commands.ts';
import { DispatchSender } from '../../services/settlement/application/sending/dispatch-sender.ts';
import type { GasCosts } from '../../services/settlement/application/sending/gas-costs.ts';
import { dispatchStream } from '../../services/settlement/application/sending/sending-streams.ts';
import { dispatchIdOf, type OrderEvent } from '../../services/settlement/domain/dispatch.events.ts';
import { dispatch, type Dispatch } from '../../services/settlement/domain/dispatch.ts';
import { envelope, executionOn } from './execution.ts';

/** What its node and our rules say to a sender: `sends`, or why it does not. */
export type Verdict = 'sends' | 'reverts' | 'reverts otherwise';

/** Passed on the way. One that never opens is a process that ended there. */
type Gate = () => Promise<void>;

export interface Gates {
  /** Before each write, and each look at what is kept. */
  readonly port?: Gate;
  /** Between the look at what nonces are taken, and what is kept. */
  readonly signer?: Gate;
}

const open: Gate = () => Promise.resolve();

const chainId = '77';
const address = (digit: string) => `0x${digit.repeat(40)}`;

let lastSlot = 0;

/** Brought by us, and paid by us: something is set aside for its gas. No two are the same, since all worlds of a test share a store. */
function redemption(): OrderEvent {
  const [slot, holder] = [(++lastSlot).toString(), address('a')];
  const data = { chainId, contract: address('c'), providerId: '17', slot, holder, units: '5', invoiceRef: `0x${'0'.repeat(64)}` };
  return { type: 'RedemptionOrdered/1', data: { ...data, deadline: '4102444800', signature: '0x' } };
}

/** What was set aside for gas, by transaction. */
class MemoryReservations implements Pick<GasCosts, 'reserve' | 'release' | 'since'> {
  readonly reserved = new Set<string>();

  reserve({ transaction }: { readonly transaction: string }): Promise<void> {
    this.reserved.add(transaction);
    return Promise.resolve();
  }

  release(transaction: string): Promise<void> {
    this.reserved.delete(transaction);
    return Promise.resolve();
  }

  since(): Promise<bigint> {
    return Promise.resolve(0n);
  }
}

/** One order, one key, one store, and processes that believe each that they alone send. */
export class TwoSenders {
  readonly #store: TransactionStore;
  readonly #executor: CommandExecutor;
  readonly #order = redemption();
  readonly #address = `0x${lastSlot.toString(16).padStart(40, '0')}`;
  readonly #reservations = new MemoryReservations();
  readonly #sent = new Set<string>();

  private constructor(store: TransactionStore) {
    this.#store = store;
    this.#executor = executionOn(new MemoryEventStore()).executor;
  }

  static async open(store: TransactionStore): Promise<TwoSenders> {
    const world = new TwoSenders(store);
    await orderDispatch(world.#executor, envelope('order'), world.#order);
    return world;
  }

  /** One look at the order by a process of its own. */
  async advance(verdict: Verdict, { port = open, signer: signing = open }: Gates = {}): Promise<void> {
    const node = this.#node();
    const signer: TransactionSigner = {
      address: this.#address,
      signTransaction: async ({ nonce }) => {
        await signing();
        return id(`${this.#address} ${nonce}`);
      },
    };
    const clock = { now: () => '2027-03-01T00:00:00.000Z' };
    const patience = { replaceAfterMs: 60_000, resendAfterMs: 60_000 };
    const queue = new TransactionQueue({ node, chainId, signer, store: gated(this.#store, port), clock, ...patience });
    const sender = new DispatchSender({
      ...{ executor: gated(this.#executor, port, 'execute'), calls: callsOf(verdict), clock },
      costs: gated(this.#reservations as unknown as GasCosts, port),
      limitsOn: () => ({ relayGasMax: 100_000n, relayFeeMaxPerDay: 10n ** 18n }),
    });
    await sender.advance({ provider: 'demo', id: dispatchIdOf(this.#order) }, { node, chainId, queue });
  }

  /** What came of it, as whoever looks at all of it sees it. */
  async outcome(): Promise<{
    readonly status: Dispatch['status'];
    readonly signed: number;
    readonly sent: number;
    readonly reserved: number;
  }> {
    const state = await this.#executor.current(dispatch, dispatchStream('demo', dispatchIdOf(this.#order)), 'demo');
    const signed = await this.#store.unsettled({ chainId, address: this.#address });
    const { size: reserved } = this.#reservations.reserved;
    return { status: state.status, signed: signed.length, sent: this.#sent.size, reserved };
  }

  #node(): ChainNode {
    const answers: Record<string, unknown> = {
      ...{ eth_getTransactionCount: '0x0', eth_estimateGas: '0x5208', eth_maxPriorityFeePerGas: '0x1' },
      eth_getBlockByNumber: { baseFeePerGas: '0x1' },
    };
    return {
      call: <Result>(method: string, ...params: readonly unknown[]) => {
        if (method === 'eth_sendRawTransaction') this.#sent.add(params[0] as string);
        return Promise.resolve((answers[method] ?? '0x') as Result);
      },
    };
  }
}

function callsOf(verdict: Verdict): DispatchCalls {
  return {
    next: () => {
      if (verdict !== 'sends') return Promise.reject(new ChainRefusedFault('eth_call', verdict, '0x'));
      return Promise.resolve({ step: 'main', call: { to: address('c'), data: '0x' } });
    },
    shortage: () => Promise.resolve(undefined),
    errorIn: (fault) => (fault instanceof ChainRefusedFault ? fault.message : undefined),
  };
}

/** The same port, and the gate before each call of it, or of the one that is named. */
function gated<Port extends object>(port: Port, gate: Gate, only?: keyof Port): Port {
  return new Proxy(port, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (only !== undefined && name !== only) return value.bind(target) as unknown;
      return async (...args: readonly unknown[]) => {
        await gate();
        return (await Reflect.apply(value, target, args)) as unknown;
      };
    },
  });
}
