import { ChainRefusedFault, GivenUpFault } from '../../../chain/application/chain-faults.ts';
import type { ChainNode } from '../../../chain/application/chain-node.ts';
import { currentFees } from '../../../chain/application/fees.ts';
import type { TransactionQueue } from '../../../chain/application/transaction-queue.ts';
import type { Known, QueuedTransaction } from '../../../chain/application/transaction.ts';
import type { Clock } from '../../../commands/application/clock.ts';
import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { envelopeOf } from '../../../commands/application/envelope.ts';
import type { Json } from '../../../event-store/domain/canonical-json.ts';
import { fail, finish } from '../../domain/dispatch.decider.ts';
import { type DispatchFailure, operationOf, type OrderEvent } from '../../domain/dispatch.events.ts';
import { dispatch, type Dispatch } from '../../domain/dispatch.ts';
import { isOvertaken, isTooEarly } from '../../domain/refund-claims.ts';
import { accountOf } from './dispatch-accounts.ts';
import type { DispatchCalls, NextCall } from './dispatch-calls.ts';
import { isFreed, readSubject, subjectOf, transactionIdOf } from './dispatch-subject.ts';
import { type CostKind, costKindOf, type GasCosts } from './gas-costs.ts';
import type { OpenDispatch } from './open-dispatches.ts';
import { aboveLimit, type SendingLimits } from './sending-limits.ts';
import { dispatchStream } from './sending-streams.ts';
import { WantedOrders } from './wanted-orders.ts';

export interface DispatchSenderOptions {
  readonly executor: CommandExecutor;
  readonly calls: DispatchCalls;
  readonly costs: GasCosts;
  readonly clock: Clock;
  readonly limitsOn: (chainId: string) => SendingLimits;
}

/** Where transactions of one key go. */
export interface SendingPlace {
  readonly node: ChainNode;
  readonly chainId: string;
  readonly queue: TransactionQueue;
}

type Sending = Extract<Dispatch, { readonly status: 'sending' }>;

/** So long the clock of a chain may be behind ours at the beginning of a mandate. */
const startSecondsMax = 600;
/** Ordered by whoever holds a link, and paid by us: each kind has a limit of the day. */
const limited: readonly CostKind[] = ['relay', 'revoke', 'redeem', 'payer-collect'];
/** Somebody else's signature is part of it, and a contract that signs could burn gas without end. */
const withSignature: readonly CostKind[] = [...limited, 'collect'];
/** A token that wants its allowance at zero first takes two; the others are for nonces that somebody else took. */
const approvalsMax = 4;

/**
 * Brings orders onto the chain, one step at a call, from where they are: found in the stream and in the queue, never remembered here. So
 * whoever starts anew after a crash goes on, and two at once do what one does.
 */
export class DispatchSender {
  readonly #options: DispatchSenderOptions;
  readonly #wanted: WantedOrders;

  constructor(options: DispatchSenderOptions) {
    this.#options = options;
    this.#wanted = new WantedOrders(options);
  }

  /** Looks after everything that the key has sent: what is in no block and not wanted any more is given up, and what is final is counted. */
  async tend({ queue, chainId }: SendingPlace): Promise<void> {
    await queue.tend({
      isWanted: (transaction) => this.#wanted.isWanted(transaction, queue),
      onFinal: (transaction) => this.#count(transaction, chainId),
    });
  }

  /** Does what is next for a dispatch: sign and send, or say how it ended. Throws chain faults; then nothing of it is lost. */
  async advance({ provider, id }: OpenDispatch, place: SendingPlace): Promise<void> {
    const stream = dispatchStream(provider, id);
    const state = await this.#options.executor.current(dispatch, stream, provider);
    if (state.status !== 'sending') return;
    const { found, id: free } = await this.#find(place.queue, { stream, state, step: 'main' });
    // Somebody has decided that the chain failed: whatever else of the key is gone with it would keep this one.
    if (state.undoneAt !== undefined && (found === undefined || found.state === 'signed')) await place.queue.reopenLost();
    if (found?.state === 'given-up') return this.#giveUp(provider, stream, { state, id: found.id, reason: found.reason, place });
    if (found !== undefined) return this.#conclude(provider, stream, { state, transaction: found, place });
    if (state.order.type === 'RefundOrdered/1' && (await isBusy(place.queue))) return;
    const failure =
      (await this.#refusal(provider, state, { free, place })) ?? (await this.#sendNext(provider, stream, { state, free, place }));
    if (failure === undefined) return;
    await this.#giveUp(provider, stream, { state, id: free, reason: JSON.stringify(failure), place });
  }

  /**
   * The order failed, if nothing was signed for it: what was tried out in vain may be what another process has signed and sent meanwhile, and
   * then that goes on. So the id is taken first, and who comes second finds it taken; a crash behind that leaves the reason, and whoever finds it
   * says the same. What was set aside, by whomever, is there for others once nothing can be signed any more.
   */
  async #giveUp(
    provider: string,
    stream: string,
    { state, id, reason, place }: { readonly state: Sending; readonly id: string; readonly reason: string; readonly place: SendingPlace },
  ): Promise<void> {
    const known = await place.queue.giveUp(id, subjectOf(operationOf(state.order), stream), reason);
    if (known.state !== 'given-up') return;
    await this.#options.costs.release(id);
    await this.#fail(provider, stream, { state, failure: JSON.parse(known.reason) as DispatchFailure });
  }

  /** Why nothing may be sent for it any more, whatever the contracts think. */
  async #refusal(
    provider: string,
    { order }: Sending,
    { free, place }: { readonly free: string; readonly place: SendingPlace },
  ): Promise<DispatchFailure | undefined> {
    const unwanted = await this.#wanted.refusal(provider, order);
    if (unwanted !== undefined) return unwanted;
    const { costs, limitsOn, clock } = this.#options;
    const { node, chainId } = place;
    const kind = costKindOf(order);
    if (!limited.includes(kind)) return undefined;
    const { feePerGasMax: feePerGas } = await currentFees(node);
    // A call before this one may have set something aside for the same transaction, and then lost its node.
    const account = await accountOf(this.#options.executor, provider, order);
    const asked = { provider, chainId, kind, account, feePerGas, limits: limitsOn(chainId), now: clock.now(), except: free };
    return await aboveLimit(costs, asked);
  }

  async #sendNext(
    provider: string,
    stream: string,
    { state, free, place }: { readonly state: Sending; readonly free: string; readonly place: SendingPlace },
  ): Promise<DispatchFailure | undefined> {
    const { calls } = this.#options;
    const { node, queue } = place;
    try {
      const next = await calls.next(state.order, { node, from: queue.key.address });
      if (next === undefined) return { code: 'nothing_left' };
      if (next === 'too-early') return undefined; // The order waits for the chain.
      if (next.step === 'main') await this.#send(provider, stream, { state, id: free, next, place });
      else return await this.#approve(provider, stream, { state, next, place });
      return undefined;
    } catch (fault) {
      const error = calls.errorIn(fault);
      if (error !== undefined) return await this.#refused(state.order, { node, error });
      if (fault instanceof ChainRefusedFault && /gas required exceeds|out of gas/i.test(fault.message))
        return { code: 'gas_above_ceiling' };
      throw fault;
    }
  }

  /** Undefined where what is next has changed while it was tried out: it is looked at again in the next round. */
  async #refused(order: OrderEvent, by: { readonly node: ChainNode; readonly error: string }): Promise<DispatchFailure | undefined> {
    const failure = { code: 'reverted', error: by.error } as const;
    if (order.type === 'RefundClaimOrdered/1' && (isOvertaken(failure) || isTooEarly(failure))) return undefined;
    // Its quote is good from the end of the one before it on, and the newest block is from before. It waits for one that is not, or for its own end.
    if (order.type === 'RelayOrdered/1' && by.error.startsWith('ProviderSettlementQuoteNotYetValid(')) return undefined;
    if (order.type === 'CollectOrdered/1' && by.error.startsWith('ProviderSettlementMandateInactive(')) {
      // It begins now, and the newest block is from before: soon there is another one.
      const begun = Date.parse(this.#options.clock.now()) / 1000 - Number(order.data.terms.start);
      if (begun < startSecondsMax) return undefined;
    }
    return (await this.#options.calls.shortage(order, by)) ?? failure;
  }

  /** The contract may take what the one refund behind it pays, and nothing else of the key's. */
  async #approve(
    provider: string,
    stream: string,
    { state, next, place }: { readonly state: Sending; readonly next: NextCall; readonly place: SendingPlace },
  ): Promise<DispatchFailure | undefined> {
    for (let trial = 0, tried = 0; tried < approvalsMax; trial++) {
      const id = transactionIdOf({ stream, orderedAt: state.orderedAt, step: 'approve', trial });
      const found = await place.queue.find(id);
      if (found === undefined) {
        await this.#send(provider, stream, { state, id, next, place });
        return undefined;
      }
      if (found.state === 'signed') return undefined;
      if (!isFreed(found)) tried++;
    }
    return { code: 'approval_ineffective' };
  }

  async #send(
    provider: string,
    stream: string,
    { state, id, next, place }: { readonly state: Sending; readonly id: string; readonly next: NextCall; readonly place: SendingPlace },
  ): Promise<void> {
    const { costs, limitsOn, clock } = this.#options;
    const { node, queue, chainId } = place;
    const kind = costKindOf(state.order);
    const gasMax = withSignature.includes(kind) ? limitsOn(chainId).relayGasMax : undefined;
    if (gasMax !== undefined && limited.includes(kind)) {
      const { feePerGasMax } = await currentFees(node);
      const account = await accountOf(this.#options.executor, provider, state.order);
      const cost = { transaction: id, provider, chainId, operation: kind, account, at: new Date(clock.now()) };
      await costs.reserve({ ...cost, gas: gasMax, fee: gasMax * feePerGasMax });
    }
    const subject = subjectOf(operationOf(state.order), stream);
    const kept = await queue.keep(subject, next.call, { id, ...(gasMax !== undefined && { gasMax }) }).catch(unlessGivenUp);
    if (kept === undefined)
      await costs.release(id); // By another process, which may have released it before this one set it aside.
    else await queue.send(kept);
  }

  /**
   * The newest transaction of a step that nobody else took the nonce of, or the id of the next one. One that was let do nothing before its order
   * was undone is no answer to that: it is dead for good, and another one is signed.
   */
  async #find(
    queue: TransactionQueue,
    { stream, state, step }: { readonly stream: string; readonly state: Sending; readonly step: NextCall['step'] },
  ): Promise<{ readonly found?: Known; readonly id: string }> {
    for (let trial = 0; ; trial++) {
      const id = transactionIdOf({ stream, orderedAt: state.orderedAt, step, trial });
      const found = await queue.find(id);
      if (found?.state === 'overtaken') {
        await this.#options.costs.forget(id); // It can never be in a block, so it costs nothing.
        continue;
      }
      if (state.undoneAt !== undefined && found !== undefined && isFreed(found)) continue;
      return { ...(found !== undefined && { found }), id };
    }
  }

  async #conclude(
    provider: string,
    stream: string,
    { state, transaction, place }: { readonly state: Sending; readonly transaction: QueuedTransaction; readonly place: SendingPlace },
  ): Promise<void> {
    const { place: at, state: stands } = transaction;
    if (stands !== 'final' || at === undefined) return;
    const ordered = state.orderedAt.toString();
    const { tx, outcome } = at;
    const key = keyOf('done', state);
    if (outcome === 'succeeded') {
      const block = { number: at.block.toString(), hash: at.blockHash, time: at.at.toISOString() };
      const data = { ordered, tx, block, gas: at.gas.toString(), fee: at.fee.toString() };
      return this.#write(provider, stream, { key, data, decide: (current) => finish(current, data) });
    }
    const unwanted = outcome === 'cancelled' ? await this.#wanted.refusal(provider, state.order) : undefined;
    const failure = unwanted ?? { code: 'reverted', error: await this.#errorOf(transaction, place) };
    return this.#fail(provider, stream, { state, failure, tx });
  }

  #fail(
    provider: string,
    stream: string,
    { state, failure, tx }: { readonly state: Sending; readonly failure: DispatchFailure; readonly tx?: string },
  ): Promise<void> {
    const ordered = state.orderedAt.toString();
    const data = { ordered, ...(tx !== undefined && { tx }), failure };
    return this.#write(provider, stream, { key: keyOf('failed', state), data, decide: (current) => fail(current, data) });
  }

  async #write(
    provider: string,
    stream: string,
    { key, data, decide }: { readonly key: string; readonly data: Json; readonly decide: (state: Dispatch) => ReturnType<typeof fail> },
  ): Promise<void> {
    const actor = { id: 'process:settlement-sender', type: 'process' } as const;
    const envelope = envelopeOf({ provider, actor, key: `${stream}:${key}`, command: 'ConcludeDispatch', body: data });
    const outcome = await this.#options.executor.execute({ aggregate: dispatch, stream, envelope, decide });
    if (outcome.kind === 'rejected') throw new Error(`${stream} was not concluded: ${JSON.stringify(outcome.rejection)}`);
  }

  /** Asked again of the chain as it was in that block: a receipt does not say why. */
  async #errorOf({ attempts, place: at }: QueuedTransaction, { node, queue }: SendingPlace): Promise<string> {
    const tried = attempts.findLast(({ isCancel }) => !isCancel) ?? attempts.at(-1);
    const { to, data, value = 0n } = tried?.call ?? { data: '0x' };
    const call = { from: queue.key.address, ...(to !== undefined && { to }), data, value: `0x${value.toString(16)}` };
    for (const block of [`0x${(at?.block ?? 0n).toString(16)}`, 'latest']) {
      try {
        await node.call('eth_call', call, block);
      } catch (fault) {
        const error = this.#options.calls.errorIn(fault);
        if (error !== undefined) return error;
      }
    }
    return 'unknown';
  }

  async #count({ id, subject, place }: QueuedTransaction, chainId: string): Promise<void> {
    const about = readSubject(subject);
    if (about === undefined || place === undefined) return;
    const { provider, operation } = about;
    const { at, gas, fee } = place;
    await this.#options.costs.spend({ transaction: id, provider, chainId, operation, at, gas, fee });
  }
}

/** Each time that an order is open it ends once. */
function keyOf(end: 'done' | 'failed', { orderedAt, undoneAt }: Sending): string {
  return `${end}:${orderedAt}${undoneAt === undefined ? '' : `:${undoneAt}`}`;
}

/** The next round says what came of it. */
function unlessGivenUp(fault: unknown): undefined {
  if (!(fault instanceof GivenUpFault)) throw fault;
}

/** Refunds of a key are sent one after another, since they draw on one allowance and one balance: both are only known between them. */
async function isBusy(queue: TransactionQueue): Promise<boolean> {
  return (await queue.unsettled()).some(({ state }) => state === 'signed');
}
