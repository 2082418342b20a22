import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryTransactionStore } from '../../../services/chain/adapters/memory/memory.transaction-store.ts';
import { transactionIdOf } from '../../../services/settlement/application/sending/dispatch-subject.ts';
import { Refunds } from '../../../services/settlement/application/refunds/refunds.ts';
import { dispatchStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import { finish } from '../../../services/settlement/domain/dispatch.decider.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import type { RefundOrdered } from '../../../services/settlement/domain/dispatch.events.ts';
import { payer } from './effect.fixtures.ts';
import { ref, RefundWorld, settlementKey } from './refund.fixtures.ts';
import { account as id } from './slot.fixtures.ts';

const stream = dispatchStream('demo', 'refund.1');
const key = { chainId: '31337', address: '0xrefunder' };

let world: RefundWorld;
let transactions: MemoryTransactionStore;
beforeEach(async () => {
  world = await RefundWorld.open();
  transactions = new MemoryTransactionStore();
});

const shown = async () => (await new Refunds({ executor: world.executor(), transactions }).of('demo', settlementKey))?.at(-1);

/** What the sender keeps for a trial, before it is sent. */
async function signed(trial: number): Promise<string> {
  const fees = { feePerGasMax: 1n, tipPerGas: 1n };
  const attempt = { ...fees, tx: `0x${trial}`, raw: '0x', call: { data: '0x' }, isCancel: false, signedAt: new Date(0) };
  const transaction = transactionIdOf({ stream, orderedAt: 0n, step: 'main', trial });
  await transactions.take(key, () => Promise.resolve({ id: transaction, subject: `refund ${stream}`, nonce: BigInt(trial), attempt }));
  return transaction;
}

describe('how far a refund has come', () => {
  it('is told from its decision to the last word of the chain', async () => {
    expect(await shown()).toBeUndefined();
    await world.decide('30.25');
    const decided = { refund: ref, state: 'decided', account: id, amount: '30.25', currency: 'EUR', to: payer, reason: 'sorry' };
    expect(await shown()).toEqual({ ...decided, settlement: settlementKey });
    await world.follow();
    expect(await shown()).toMatchObject({ state: 'ordered', token: 'ETH', dispatch: 'refund.1' });
    await transactions.moved(await signed(0), 'overtaken', undefined); // Somebody else took the nonce.
    expect(await shown()).toMatchObject({ state: 'ordered' });
    const transaction = await signed(1);
    expect(await shown()).toMatchObject({ state: 'sent', tx: '0x1' });
    const place = {
      tx: '0x1',
      block: 9n,
      blockHash: '0xb',
      at: new Date(0),
      outcome: 'succeeded',
      contract: undefined,
      gas: 1n,
      fee: 1n,
    } as const;
    await transactions.moved(transaction, 'mined', place);
    expect(await shown()).toMatchObject({ state: 'mined', tx: '0x1' });
    const block = { number: '9', hash: '0xb', time: '2026-03-02T00:00:00.000Z' };
    await world.act(dispatch, stream, (state) => finish(state, { ordered: '0', tx: '0x1', block, gas: '1', fee: '1' }));
    expect(await shown()).toMatchObject({ state: 'mined', tx: '0x1' }); // Final, and not booked yet.
    const [ordered] = await world.typed('RefundOrdered/1');
    const { tokenUnits } = ordered!.fin as unknown as RefundOrdered;
    await world.show(tokenUnits, { isFinal: false });
    expect(await shown()).toMatchObject({ state: 'mined' });
    await world.show(tokenUnits);
    expect(await shown()).toMatchObject({ state: 'final', amount: '30.25' });
  });

  it('is told to its failure, and is not what somebody else paid under its number', async () => {
    await world.decide('30.25');
    await world.follow();
    await world.fail('1', { code: 'reverted', error: 'ProviderSettlementAlreadyRefunded(11, 1)' });
    await world.show('5');
    expect(await shown()).toMatchObject({ state: 'failed', failure: 'reverted: ProviderSettlementAlreadyRefunded(11, 1)' });
    await world.follow();
    expect(await shown()).toMatchObject({ state: 'failed', failure: 'reverted: ProviderSettlementAlreadyRefunded(11, 1)' });
  });

  it('is nothing of what is no payment', async () => {
    const refunds = new Refunds({ executor: world.executor(), transactions });
    expect(await refunds.of('demo', settlementKey.replace('slot.7', 'slot.8'))).toBeUndefined();
    expect(await refunds.of('demo', settlementKey)).toEqual([]);
  });
});
