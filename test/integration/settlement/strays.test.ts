import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { settlementOn, type SettlementChain as Contracts } from '../../../bench/support/settlement-chain.ts';
import { startThrowawayChain } from '../../../bench/support/throwaway-chain.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { MemorySettlementLedger } from '../../../services/settlement/adapters/memory/memory.settlement-ledger.ts';
import { PostgresWatcherStore } from '../../../services/settlement/adapters/postgres/postgres.watcher-store.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';
import { watchOf } from '../../support/watched-chain.ts';

let on: Contracts;
let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  on = await settlementOn(await startThrowawayChain());
  database = await freshDatabase();
  pool = createPool({ url: database.serviceUrl });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
  await on.chain.stop();
});

/** Sends a call and waits until it is in a block. */
async function send(contract: Contracts['dollar'], by: keyof Contracts['hands'], method: string, ...values: unknown[]): Promise<void> {
  const sent = (contract.connect(on.hands[by]) as Contracts['dollar']).getFunction(method);
  await (await sent.send(...values)).wait();
}

describe('money that goes past the contracts', () => {
  it('is told once it is final, and what the contracts moved is not', async () => {
    const { dollar, settlement, registry, hands } = on;
    const [token, contract] = [(await dollar.getAddress()).toLowerCase(), await settlement.getAddress()];
    const quote = on.quote({ seq: 1n });
    await send(dollar, 'payer', 'approve', contract, quote.amount);
    await send(settlement, 'payer', 'payToken', quote, hands.signer.address, await on.sign(quote));
    await send(dollar, 'payer', 'transfer', hands.treasury.address, 7n);
    await send(dollar, 'treasury', 'transfer', hands.refunder.address, 5n);
    await send(dollar, 'refunder', 'approve', contract, 3n);
    await send(settlement, 'refunder', 'refund', 1n, 1n, 1n, token, hands.payer.address, 3n, `0x${'00'.repeat(32)}`);
    await send(dollar, 'payer', 'transfer', hands.stranger.address, 11n);
    await on.chain.provider.send('anvil_mine', [4]);
    const ledger = new MemorySettlementLedger();
    const chain = {
      ...{ chainId: '31337', rpcUrls: [on.chain.url], codeHashes: {}, deploymentBlock: 1n },
      tokens: [{ address: token, currency: 'USDC', decimals: 6 } as const],
      contracts: { registry: (await registry.getAddress()).toLowerCase(), settlement: contract.toLowerCase() },
      profile: { finality: 'tag', realMoney: false, confirmations: [] } as const,
    };
    for (let looks = 0; looks < 2; looks++) await watchOf(chain, { ledger, store: new PostgresWatcherStore(pool) }).look();
    const moved = ledger.finalised().flatMap(({ log }) => (log.name === 'Transfer' ? [[log.fromRole, log.toRole, log.amount]] : []));
    expect(moved).toEqual([
      ['other', 'treasury', '7'],
      ['treasury', 'refunder', '5'],
    ]);
    expect(ledger.finalised().flatMap(({ effect, key }) => (effect === 'log' ? [] : [`${effect} ${key}`]))).toEqual(['slot 1', 'refund 1']);
  });
});
