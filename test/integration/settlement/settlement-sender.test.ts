import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Wallet } from 'ethers';
import type { Pool } from 'pg';
import { ChainAccess, chainNodeAt, keptTransactions } from '../../../services/chain/chain-access.ts';
import { ChainKeyFault } from '../../../services/chain/application/chain-faults.ts';
import { systemClock } from '../../../services/commands/application/clock.ts';
import { AdvisoryLock } from '../../../services/integrity/adapters/postgres/advisory-lock.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { ContractDispatchCalls } from '../../../services/settlement/adapters/chain/contract.dispatch-calls.ts';
import { DispatchSender } from '../../../services/settlement/application/sending/dispatch-sender.ts';
import type { SenderKeys } from '../../../services/settlement/application/sending/sender-keys.ts';
import type { SendingAlarm } from '../../../services/settlement/application/sending/sending-status.ts';
import { SettlementSender, type SettlementSenderOptions } from '../../../services/settlement/application/sending/settlement-sender.ts';
import { dispatchIdOf, type OrderEvent } from '../../../services/settlement/domain/dispatch.events.ts';
import { zeroAddress } from '../../../services/settlement/domain/quote.ts';
import { injected } from '../../support/injected.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';
import { SendingWorld, word } from '../../support/sending-world.ts';

let database: TestDatabase;
let pool: Pool;
let world: SendingWorld;
let target: Awaited<ReturnType<SendingWorld['target']>>;
let refunder: Wallet;
let mining: NodeJS.Timeout;

/** Everything that was ordered in a test, and what was told meanwhile. */
let orders: OrderEvent[];
let alarms: SendingAlarm[];
let running: SettlementSender[];
let lastNumber = 9_000;

beforeAll(async () => {
  database = await freshDatabase();
  pool = createPool({ url: database.serviceUrl });
  world = await SendingWorld.open(pool);
  target = await world.target();
  ({ refunder } = world.settled.hands);
  // What is in a block becomes final while time goes by.
  mining = setInterval(() => void world.node.call('evm_mine').catch(() => undefined), 100);
}, 180_000);

beforeEach(() => {
  [orders, alarms, running] = [[], [], []];
});

afterEach(() => Promise.all(running.map((sender) => sender.stop())));

afterAll(async () => {
  clearInterval(mining);
  await world.stop();
  await pool.end();
  await database.drop();
});

/** One key for everything, which exists for one role of one provider. */
const keys: SenderKeys = {
  signerOf: () => Promise.resolve(refunder),
  existing: (role) => Promise.resolve(role === 'refunder' ? refunder : undefined),
};

/** As a process of its own would run it: it shares the databases and the chain with the others, and nothing else. */
function senderOf(options: Partial<SettlementSenderOptions> = {}): SettlementSender {
  const { executor, costs, settled, provider } = world;
  const limitsOn = () => ({ relayGasMax: 400_000n, relayFeeMaxPerDay: 10n ** 18n });
  const sender = new SettlementSender({
    chains: [new ChainAccess({ chainId: '31337', node: chainNodeAt(settled.chain.url), transactions: keptTransactions(pool) })],
    open: { on: () => Promise.resolve(orders.map((order) => ({ provider, id: dispatchIdOf(order) }))) },
    ...{ executor, keys, providers: () => [], lock: new AdvisoryLock(pool) },
    sender: new DispatchSender({ executor, costs, calls: new ContractDispatchCalls(), clock: systemClock, limitsOn }),
    // A process that waits for the lock makes a connection at each look.
    ...{ pollMs: 100, reconcileMs: 0, idlePerRoundMax: 5, affordableMin: 0n },
    onAlarm: (alarm) => alarms.push(alarm),
    ...options,
  });
  running.push(sender);
  return sender;
}

/** So many of the smallest parts of a coin to an address of its own. */
async function ordered(tokenUnits = '1'): Promise<{ readonly event: OrderEvent; readonly to: string }> {
  const refundSeq = (++lastNumber).toString();
  const to = `0x${refundSeq.padStart(40, 'c')}`;
  const { token: _, ...place } = target;
  const event: OrderEvent = {
    type: 'RefundOrdered/1',
    data: {
      ...{ ...place, refund: `rfd_${refundSeq}`, refundSeq, settlement: `31337.${place.contract}.slot.7`, slot: '7', account: 'acc_1' },
      ...{
        amount: '5.00',
        currency: 'EUR',
        token: zeroAddress,
        tokenCurrency: 'ETH',
        tokenAmount: '0.000000000000000001',
        tokenUnits,
      },
      ...{ to, salt: word('salt'), reason: word('reason') },
    },
  };
  await world.order(event);
  orders.push(event);
  return { event, to };
}

async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  for (const deadline = Date.now() + 100_000; !(await isSo()); await sleep(20)) {
    if (Date.now() > deadline) throw new Error(`It did not come about; ${await situation()}`);
  }
}

/** What somebody needs to find out why nothing goes on. */
async function situation(): Promise<string> {
  const { rows: transactions } = await pool.query(`select nonce::text, state, subject, tx from chain_transaction where state <> 'final'`);
  const { rows: locks } = await pool.query(`select pid, granted from pg_locks where locktype = 'advisory'`);
  const counts = await Promise.all(['latest', 'pending'].map((tag) => world.node.call('eth_getTransactionCount', refunder.address, tag)));
  return JSON.stringify({ alarms, transactions, locks, counts });
}

const isDone = async (event: OrderEvent) => (await world.state(event)).status === 'done';
const paidTo = (to: string) => world.settled.chain.provider.getBalance(to);

describe('the role of the sender', () => {
  it('brings what is ordered onto the chain, for as long as it runs', async () => {
    const sender = senderOf();
    sender.start();
    const first = await ordered();
    await until(() => isDone(first.event));
    await sender.stop();
    const second = await ordered();
    const nonce = await world.nonceOf(refunder);
    await sleep(300);
    expect((await world.state(second.event)).status).toBe('sending');
    expect(await world.nonceOf(refunder)).toBe(nonce);
    senderOf().start();
    await until(() => isDone(second.event));
    expect(await Promise.all([first.to, second.to].map(paidTo))).toEqual([1n, 1n]);
    expect(alarms).toEqual([]);
  });

  it('is taken over by a second process when the first one stops', async () => {
    const [first, second] = [senderOf(), senderOf()];
    first.start();
    const before = await ordered();
    await until(() => isDone(before.event));
    second.start();
    await first.stop();
    const after = await ordered();
    await until(() => isDone(after.event));
    expect(await paidTo(after.to)).toBe(1n);
  });

  it('is taken over when the first one loses its lock, and nothing is paid twice', async () => {
    const owner = createPool({ url: database.ownerUrl });
    try {
      for (let number = 0; number < 2; number++) senderOf().start();
      const first = await ordered();
      await until(() => isDone(first.event));
      const sent: Awaited<ReturnType<typeof ordered>>[] = [];
      for (let round = 0; round < 4; round++) {
        sent.push(await ordered());
        const { rowCount } = await owner.query(
          `select pg_terminate_backend(pid) from pg_locks
           where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())`,
        );
        expect(rowCount).toBeGreaterThan(0);
        await until(() => isDone(sent.at(-1)!.event));
      }
      expect(await Promise.all(sent.map(({ to }) => paidTo(to)))).toEqual([1n, 1n, 1n, 1n]);
      injected(sent.length);
    } finally {
      await owner.end();
    }
  }, 660_000);

  it('says for how few transactions the coins of a key are enough', async () => {
    const paid = await ordered();
    const sender = senderOf();
    while (!(await isDone(paid.event))) await sender.round();
    await ordered();
    await senderOf({ affordableMin: 10n ** 18n }).round();
    expect(alarms).toMatchObject([
      {
        chainId: '31337',
        address: refunder.address,
        code: 'funds_low',
        message: expect.stringMatching(/^Its coins are enough for \d+ more/),
      },
    ]);
  });

  it('says that somebody else sends by a key', async () => {
    const { to } = await ordered();
    await (await refunder.sendTransaction({ to, value: 5n })).wait();
    await senderOf().round();
    expect(alarms).toMatchObject([{ code: 'key_foreign', message: expect.stringMatching(/^Somebody else sends/) }]);
  });

  it('lets a chain that is away, and a key that cannot be used, stop nothing else', async () => {
    const { event } = await ordered();
    const away = new ChainAccess({ chainId: '77', node: chainNodeAt('http://127.0.0.1:9'), transactions: keptTransactions(pool) });
    const { chainId, node } = { chainId: '31337', node: chainNodeAt(world.settled.chain.url) };
    const here = new ChainAccess({ chainId, node, transactions: keptTransactions(pool) });
    const unusable: SenderKeys = {
      ...keys,
      signerOf: (_, __, on) =>
        on === '78' ? Promise.reject(new ChainKeyFault('The keystore cannot be opened.')) : Promise.resolve(refunder),
    };
    const locked = new ChainAccess({ chainId: '78', node: chainNodeAt('http://127.0.0.1:9'), transactions: keptTransactions(pool) });
    const sender = senderOf({ chains: [away, locked, here], keys: unusable });
    while (!(await isDone(event))) await sender.round();
    expect(new Set(alarms.map(({ code, chainId: on }) => `${on} ${code}`))).toEqual(new Set(['77 chain_away', '78 key_unusable']));
  });

  it('sends what stands behind an order that the key cannot pay', async () => {
    const dear = await ordered((10n ** 30n).toString());
    const { event, to } = await ordered();
    senderOf().start();
    await until(() => isDone(event));
    expect(await paidTo(to)).toBe(1n);
    expect((await world.state(dear.event)).status).toBe('sending');
    expect(alarms).toContainEqual(expect.objectContaining({ code: 'refused', address: refunder.address }));
  });

  it('says that somebody else sends by a key that has nothing to send', async () => {
    await (await refunder.sendTransaction({ to: refunder.address, value: 5n })).wait();
    await senderOf({ providers: () => [world.provider] }).round();
    expect(alarms).toMatchObject([{ code: 'key_foreign', address: refunder.address }]);
  });
});
