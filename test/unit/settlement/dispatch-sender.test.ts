import { beforeEach, describe, expect, it } from '@jest/globals';
import { Wallet } from 'ethers';
import { MemoryTransactionStore } from '../../../services/chain/adapters/memory/memory.transaction-store.ts';
import { ChainRefusedFault } from '../../../services/chain/application/chain-faults.ts';
import type { ChainNode } from '../../../services/chain/application/chain-node.ts';
import { TransactionQueue } from '../../../services/chain/application/transaction-queue.ts';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { creditContract as credit, settlementContract } from '../../../services/settlement/adapters/chain/contract-interfaces.ts';
import { ContractDispatchCalls } from '../../../services/settlement/adapters/chain/contract.dispatch-calls.ts';
import { orderDispatch } from '../../../services/settlement/application/sending/dispatch-commands.ts';
import { DispatchSender } from '../../../services/settlement/application/sending/dispatch-sender.ts';
import type { GasCosts } from '../../../services/settlement/application/sending/gas-costs.ts';
import { dispatchStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import { dispatchIdOf, type OrderEvent } from '../../../services/settlement/domain/dispatch.events.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { envelope, executionOn } from '../../support/execution.ts';
import { creditContract, holder } from './credit.fixtures.ts';
import { collectOrdered, inPeriod, mandateId, target } from './sending.fixtures.ts';
import { later, quotedAt, quoteIssued, seconds } from './slot.fixtures.ts';

let now: string;
const clock = { now: () => now };
const expiry: OrderEvent = { type: 'CreditExpiryOrdered/1', data: { ...target, contract: creditContract, holder, epoch: '84' } };

/** A chain on which it is the given month, and the holder has nothing: whatever else it is asked it does not answer. */
const chainIn = (month: bigint): ChainNode => ({
  call: <Result>(method: string, call: unknown) => {
    if (method !== 'eth_call') return Promise.reject(new Error(`${method} was asked.`));
    const { name } = credit.parseTransaction({ data: (call as { readonly data: string }).data })!;
    const answer = name === 'currentEpoch' ? month : 0n;
    return Promise.resolve(`0x${answer.toString(16).padStart(64, '0')}` as Result);
  },
});

let executor: ReturnType<typeof executionOn>['executor'];
beforeEach(() => {
  now = '2027-03-01T00:00:00.000Z';
  ({ executor } = executionOn(new MemoryEventStore()));
});

async function advanced(event: OrderEvent, node: ChainNode) {
  const settled = () => Promise.resolve();
  const costs = { release: settled, reserve: settled, since: () => Promise.resolve(0n) } as Partial<GasCosts> as GasCosts;
  const limitsOn = () => ({ relayGasMax: 1n, relayFeeMaxPerDay: 10n ** 20n });
  const sender = new DispatchSender({ executor, calls: new ContractDispatchCalls(), costs, clock, limitsOn });
  const patience = { replaceAfterMs: 60_000, resendAfterMs: 60_000 };
  const queue = new TransactionQueue({
    ...{ node, chainId: target.chainId, signer: Wallet.createRandom(), store: new MemoryTransactionStore(), clock, ...patience },
  });
  await sender.advance({ provider: 'demo', id: dispatchIdOf(event) }, { node, chainId: target.chainId, queue });
  return executor.current(dispatch, dispatchStream('demo', dispatchIdOf(event)), 'demo');
}

describe('credit that is to be burnt', () => {
  it('waits, with nothing signed, while its month is not over by the time of the chain', async () => {
    await orderDispatch(executor, envelope('order'), expiry);
    expect(await advanced(expiry, chainIn(85n))).toMatchObject({ status: 'sending', orderedAt: 0n });
    expect(await advanced(expiry, chainIn(86n))).toMatchObject({ status: 'failed', failure: { code: 'nothing_left' } });
  });
});

/** A chain on which every call is refused with these bytes. */
const refusing = (data: string): ChainNode => ({
  call: <Result>(method: string) => {
    if (method === 'eth_estimateGas') return Promise.reject(new ChainRefusedFault(method, 'execution reverted', data));
    return Promise.resolve((method === 'eth_getBlockByNumber' ? { baseFeePerGas: '0x1' } : '0xde0b6b3a7640000') as Result);
  },
});

describe('a payment that was signed', () => {
  const { terms, structHash, signer, signature: quoteSignature } = quoteIssued();
  const signature = `0x${'05'.repeat(65)}`;
  const signed = {
    slot: '7',
    method: 'authorization',
    payer: holder,
    signature,
    nonce: '0',
    terms,
    structHash,
    signer,
    quoteSignature,
  } as const;
  const relay: OrderEvent = { type: 'RelayOrdered/1', data: { ...target, ...signed } };
  const early = settlementContract.encodeErrorResult('ProviderSettlementQuoteNotYetValid', [seconds(quotedAt)]);

  it('waits where its quote is good from a moment ago on and the newest block is older, and fails when the quote is over', async () => {
    await orderDispatch(executor, envelope('order'), relay);
    for (now of [quotedAt, later(599)]) expect(await advanced(relay, refusing(early))).toMatchObject({ status: 'sending' });
    now = later(600);
    expect(await advanced(relay, refusing(early))).toMatchObject({ status: 'failed', failure: { code: 'expired' } });
  });
});

describe('a collection', () => {
  /** The newest block is from before the mandate began. */
  const sleeping = refusing(settlementContract.encodeErrorResult('ProviderSettlementMandateInactive', [mandateId]));

  it('waits where its mandate has begun by our clock and not yet by that of the chain, and fails after ten minutes', async () => {
    const collection = collectOrdered();
    await orderDispatch(executor, envelope('order'), collection);
    now = inPeriod(0, 599);
    expect(await advanced(collection, sleeping)).toMatchObject({ status: 'sending' });
    now = inPeriod(0, 600);
    expect(await advanced(collection, sleeping)).toMatchObject({ status: 'failed', failure: { code: 'reverted' } });
  });
});
