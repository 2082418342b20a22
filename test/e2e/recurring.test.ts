import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HDNodeWallet, type TypedDataDomain, type TypedDataField, Wallet } from 'ethers';
import { sent } from '../../bench/support/settlement-chain.ts';
import { SettlementDispatchesQuery } from '../../projections/settlement-dispatches/settlement-dispatches.query.ts';
import { runSettlement } from '../../services/main/settlement/settlement-command.ts';
import { CollectionRetries } from '../../services/settlement/application/mandates/collection-retries.ts';
import { HttpLogSource } from '../../verifier/source/http.log-source.ts';
import { verifyLog } from '../../verifier/verify.ts';
import { executionOn } from '../support/execution.ts';
import { type PaidProvider, sendFrom, startPaidProvider } from '../support/paid-provider.ts';

let shop: PaidProvider;
let payer: Wallet;
let mining: NodeJS.Timeout;

beforeAll(async () => {
  shop = await startPaidProvider();
  ({ payer } = shop.on.hands);
  await shop.rate('USDC', '0.80');
  await allow(payer, 10n ** 12n);
  // What is in a block becomes final while time goes by.
  mining = setInterval(() => void shop.on.chain.provider.send('evm_mine', []).catch(() => undefined), 200);
}, 180_000);
afterAll(async () => {
  clearInterval(mining);
  await shop.close();
});

async function until<T>(ask: () => Promise<T>, isIt: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = await ask();
    if (isIt(answer) || Date.now() > deadline) return answer;
    await sleep(50);
  }
}

async function allow(wallet: Wallet | HDNodeWallet, amount: bigint): Promise<void> {
  await sent(shop.on.dollar, wallet as Wallet, 'approve', await shop.on.settlement.getAddress(), amount);
}

interface TypedData {
  readonly domain: TypedDataDomain;
  readonly types: Record<string, TypedDataField[]>;
  readonly message: Record<string, unknown>;
}

interface ShownMandate {
  readonly status: string;
  readonly agree: TypedData;
  readonly revoke: TypedData;
  readonly calls: Readonly<Record<'approve' | 'revoke', { readonly to: string; readonly data: string }>>;
}

const month = 2_592_000;
const pathOf = (account: string, mandate = '') => `/v1/accounts/${account}/mandates/${mandate}`;
const shown = async (account: string, mandate: string) => (await shop.api.get(pathOf(account, mandate))).body as ShownMandate;
const signed = (wallet: Wallet | HDNodeWallet, { domain, types, message }: TypedData) => wallet.signTypedData(domain, types, message);

const wide = { maxPerPeriod: '100000000', totalCap: '250000000' };

/** A mandate over 100 dollars a month and 250 in all, unless it is said otherwise; offered and not agreed to. */
async function offered(account: string, wallet: Wallet | HDNodeWallet = payer, caps = wide): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const times = { period: month.toString(), start: (now - 3_600).toString(), end: (now + 12 * month).toString() };
  const { status, body } = await shop.api.post(pathOf(account).slice(0, -1), {
    ...{ payer: wallet.address, token: shop.dollar },
    ...{ ...caps, ...times },
  });
  expect(status).toBe(201);
  return body.id as string;
}

async function agreed(account: string, wallet: Wallet | HDNodeWallet = payer, caps = wide): Promise<string> {
  const mandate = await offered(account, wallet, caps);
  const signature = await signed(wallet, (await shown(account, mandate)).agree);
  expect((await shop.api.post(`${pathOf(account, mandate)}/signature`, { signature })).status).toBe(201);
  return mandate;
}

/** The mandates of an account, each with how it stands, by everything that is in the log. */
async function listed(account: string): Promise<(readonly [string, string])[]> {
  const { position } = await shop.api.service.eventStore.head();
  const { body } = await shop.api.get(`/v1/accounts/${account}/mandates?after=${position}`);
  return (body.mandates as { mandate: string; status: string }[]).map(({ mandate, status }) => [mandate, status]);
}

const collect = (invoice: string, mandate: string, key: string = randomUUID()) =>
  shop.api.post(`/v1/invoices/${invoice}/collections`, { mandate }, { 'idempotency-key': key });
const openOf = async (invoice: string) => (await shop.api.get(`/v1/invoices/${invoice}`)).body.open as string;

interface Dispatch {
  readonly id: string;
  readonly operation: string;
  readonly status: string;
  readonly failure?: { readonly code: string; readonly needed?: string; readonly held?: string };
}

const dispatches = async () => (await shop.api.get('/v1/settlement/dispatches')).body.dispatches as Dispatch[];
/** The newest collection. */
const lastCollection = async () => (await dispatches()).find(({ operation }) => operation === 'collect');

describe('[J1] an invoice is collected under a mandate', () => {
  it('that the wallet signed: once, at the rate of the day, and it is paid when that is final', async () => {
    const { account, invoice } = await shop.invoice('40.00');
    const mandate = await agreed(account);
    const key = randomUUID();
    const first = await collect(invoice, mandate, key);
    expect(first.status).toBe(201);
    const again = await collect(invoice, mandate);
    expect([again.status, again.body.events]).toEqual([201, first.body.events]);
    expect(
      await until(
        () => openOf(invoice),
        (open) => open === '0.00',
      ),
    ).toBe('0.00');
    // 40.00 EUR at 0.80 EUR a dollar, and nothing above.
    expect(await shop.on.dollar.getFunction('balanceOf')(shop.on.hands.treasury.address)).toBe(50_000_000n);
    expect(await until(lastCollection, (last) => last?.status === 'done')).toMatchObject({ status: 'done' });
    const { balances } = (await shop.api.get(`/v1/accounts/${account}`)).body as { balances: object };
    expect(balances).toEqual({ wallet: '0.00', unbilled: '0.00', receivable: '0.00' });
    const replayed = await collect(invoice, mandate, key);
    expect([replayed.status, replayed.body.events, replayed.headers.get('idempotent-replayed')]).toEqual([201, first.body.events, 'true']);
    expect((await collect(invoice, mandate)).status).toBe(409);
  });

  it('up to its caps, and never beyond', async () => {
    const { account, invoice } = await shop.invoice('80.01');
    const mandate = await agreed(account);
    expect(await collect(invoice, mandate)).toMatchObject({
      status: 409,
      body: { code: 'mandate_cap_exceeded', params: { wanted: '100012500', left: '100000000' } },
    });
    expect(await openOf(invoice)).toBe('80.01');
  });

  it('only of its own account, and only once it was agreed to', async () => {
    const [mine, other] = [await shop.invoice('1.00'), await shop.invoice('1.00')];
    const mandate = await offered(mine.account);
    expect((await collect(mine.invoice, mandate)).body.code).toBe('mandate_not_signed');
    const another = await agreed(mine.account);
    expect((await collect(other.invoice, another)).body.code).toBe('invoice_not_found');
    expect([await listed(mine.account), await listed(other.account)]).toEqual([
      [
        [another, 'agreed'],
        [mandate, 'offered'],
      ],
      [],
    ]);
    expect((await shop.api.post(`${pathOf(mine.account, mandate)}/signature`, { signature: '0x00' })).body.code).toBe(
      'mandate_signature_wrong',
    );
  });

  it('that the wallet approved by a transaction instead', async () => {
    const { account, invoice } = await shop.invoice('8.00');
    const mandate = await offered(account);
    const { calls } = await shown(account, mandate);
    const look = () => shop.api.post(`${pathOf(account, mandate)}/approval`, {});
    expect((await look()).body.code).toBe('mandate_not_approved');
    await sendFrom(payer, { ...calls.approve, value: '0x0' });
    expect((await look()).status).toBe(201);
    expect((await collect(invoice, mandate)).status).toBe(201);
    expect(
      await until(
        () => openOf(invoice),
        (open) => open === '0.00',
      ),
    ).toBe('0.00');
  });
});

describe('a collection that came to nothing', () => {
  it('says whether the allowance or the balance is short, leaves the invoice open, and is collected later', async () => {
    const poor = Wallet.createRandom(shop.on.chain.provider);
    await shop.on.chain.provider.send('anvil_setBalance', [poor.address, '0x56bc75e2d63100000']);
    const { account, invoice } = await shop.invoice('8.00');
    const mandate = await agreed(account, poor);
    /** Collects until it came to what is expected: what failed is given up behind its failure. */
    const collected = (outcome: string) =>
      until(
        async () => {
          expect((await collect(invoice, mandate)).status).toBe(201);
          return lastCollection();
        },
        (last) => last?.failure?.code === outcome,
      );
    expect((await collected('balance_short'))?.failure).toEqual({ code: 'balance_short', needed: '10000000', held: '0' });
    expect(await openOf(invoice)).toBe('8.00');
    await sent(shop.on.dollar, payer, 'transfer', poor.address, 10_000_000n);
    expect((await collected('allowance_short'))?.failure).toEqual({ code: 'allowance_short', needed: '10000000', held: '0' });
    await allow(poor, 10_000_000n);
    await until(
      async () => {
        await collect(invoice, mandate);
        return openOf(invoice);
      },
      (open) => open === '0.00',
    );
    expect(await openOf(invoice)).toBe('0.00');
  });
});

describe('what could not be collected', () => {
  it('is collected again by policy: not before its time, and not more often than it says', async () => {
    const poor = Wallet.createRandom(shop.on.chain.provider);
    await shop.on.chain.provider.send('anvil_setBalance', [poor.address, '0x56bc75e2d63100000']);
    const { account, invoice } = await shop.invoice('8.00');
    const mandate = await agreed(account, poor);
    await collect(invoice, mandate);
    const failed = await until(lastCollection, (last) => last?.failure?.code === 'balance_short');
    const orders = async () =>
      (await Array.fromAsync(shop.api.service.eventStore.readAll())).filter(
        ({ stream, type }) => stream === `demo.dispatch-${failed?.id}` && type === 'CollectOrdered/1',
      ).length;
    const { pool, eventStore, commands } = shop.api.service;
    const { executor } = executionOn(eventStore);
    const hour = 3_600_000;
    /** As the role does it, so many hours from now. */
    const roundIn = (hours: number) => {
      const clock = { now: () => new Date(Date.now() + hours * hour).toISOString() };
      const afterMsOn = () => [hour, 2 * hour];
      return new CollectionRetries({ executor, commands, failed: new SettlementDispatchesQuery(pool), clock, afterMsOn }).round();
    };
    await roundIn(0.9);
    expect(await orders()).toBe(1);
    for (const [hours, expected] of [
      [1.1, 2],
      [1.9, 2],
      [2.1, 3],
      [1_000, 3],
    ] as const) {
      // What failed is given up behind its failure: until then it counts as decided.
      const isRetried = async () => {
        await roundIn(hours);
        return orders();
      };
      expect(await until(isRetried, (count) => count === expected)).toBe(expected);
      await until(lastCollection, (last) => last?.status === 'failed');
    }
    expect(await openOf(invoice)).toBe('8.00');
  });
});

describe('bin/tallyroot settlement', () => {
  /** What it says, beside the service. */
  async function settlementCommand(...args: string[]): Promise<{ readonly exitCode: number; readonly lines: string[] }> {
    const [write, said] = [process.stdout.write.bind(process.stdout), [] as string[]];
    process.stdout.write = (text: string | Uint8Array) => said.push(String(text)) > 0;
    try {
      const exitCode = await runSettlement([...args, '--data', shop.api.dataFolder], shop.api.environment);
      return { exitCode, lines: said.join('').trimEnd().split('\n') };
    } finally {
      process.stdout.write = write;
    }
  }

  const collectDue = (...more: string[]) => settlementCommand('collect', '--url', shop.api.service.url, '--due-by', '2099-12-31', ...more);

  it('lists mandates and what could not be collected, and collects what is due, once an hour', async () => {
    const poor = Wallet.createRandom(shop.on.chain.provider);
    const [rich, broke] = [await shop.invoice('12.00'), await shop.invoice('13.00')];
    // One that the service refuses before the one that pays, and behind it one of a wallet that holds nothing.
    const narrow = await agreed(rich.account, poor, { maxPerPeriod: '1', totalCap: '1' });
    const mandate = await agreed(rich.account);
    await offered(rich.account);
    const planted = await agreed(rich.account, poor);
    await agreed(broke.account, poor);
    await listed(rich.account);
    const shown = await settlementCommand('mandates', '--account', rich.account, '--status', 'agreed');
    const { address } = payer;
    const lineOf = (id: string, wallet: string) => `${id}  agreed   ${rich.account}  chain 31337  ${wallet.toLowerCase()}`;
    expect(shown).toEqual({
      exitCode: 0,
      lines: [lineOf(narrow, poor.address), lineOf(mandate, address), lineOf(planted, poor.address)].map((line) =>
        expect.stringContaining(line),
      ),
    });
    expect((await settlementCommand('collect', '--url', shop.api.service.url, '--due-by', '2020-01-01')).lines).toEqual([
      '0 of 0 invoices that are due by 2020-01-01 and have a mandate are ordered to be collected.',
    ]);
    for (let run = 0; run < 2; run++) {
      const { lines } = await collectDue();
      for (const { number, invoice } of [rich, broke])
        expect(lines).toContainEqual(
          expect.stringMatching(new RegExp(`^${number}  ${invoice}  1[23].00 EUR  due on 2099-12-31: ordered$`)),
        );
    }
    expect(await until(() => openOf(rich.invoice), (open) => open === '0.00')).toBe('0.00'); // prettier-ignore
    await until(lastCollection, (last) => last?.failure?.code === 'balance_short');
    const failed = await settlementCommand('uncollected');
    expect(failed.exitCode).toBe(0);
    expect(failed.lines.at(-1)).toMatch(/^collect\.\d+  chain 31337  ordered \S+Z  balance_short, held 0, needed 16250000$/);
    expect((await collectDue()).lines.join()).not.toContain(rich.invoice);
  }, 120_000);

  it('says what the service refuses, and needs a key of the provider', async () => {
    const { account, invoice, number } = await shop.invoice('120.00');
    await agreed(account);
    await listed(account);
    const { exitCode, lines } = await collectDue();
    expect([exitCode, lines]).toEqual([
      1,
      expect.arrayContaining([`${number}  ${invoice}  120.00 EUR  due on 2099-12-31: mandate_cap_exceeded`]),
    ]);
    await expect(collectDue('--key-file', 'absent')).rejects.toThrow('--key-file names the file of an API key');
    await expect(collectDue('--key-file', shop.api.service.keyFiles.operatorKey)).rejects.toThrow(/answers 40[13]/);
    await expect(settlementCommand('collect', '--due-by', 'tomorrow')).rejects.toThrow('is no day');
    await expect(settlementCommand('constructor')).rejects.toThrow('settlement takes one of');
  }, 120_000);
});

describe('[SET-A24] a customer ends a mandate', () => {
  it('by a signature, while payments are paused: nothing is collected any more, and the contract knows', async () => {
    const { account, invoice } = await shop.invoice('4.00');
    const mandate = await agreed(account);
    await sent(shop.on.settlement, shop.on.hands.guardian, 'pause');
    try {
      const signature = await signed(payer, (await shown(account, mandate)).revoke);
      expect((await shop.api.post(`${pathOf(account, mandate)}/revocation`, { signature })).status).toBe(201);
      expect((await collect(invoice, mandate)).body.code).toBe('mandate_revoked');
      const isOver = async () => ((await shop.on.settlement.getFunction('stateOf')(mandate)) as { revoked: boolean }).revoked;
      expect(await until(isOver, (over) => over)).toBe(true);
    } finally {
      await sent(shop.on.settlement, shop.on.hands.admin, 'unpause');
    }
    expect((await collect(invoice, mandate)).body.code).toBe('mandate_revoked');
    expect(await openOf(invoice)).toBe('4.00');
    expect([(await shown(account, mandate)).status, await listed(account)]).toEqual(['revoked', [[mandate, 'revoked']]]);
  });

  it('by a transaction of its own', async () => {
    const { account, invoice } = await shop.invoice('4.00');
    const mandate = await agreed(account);
    await sendFrom(payer, { ...(await shown(account, mandate)).calls.revoke, value: '0x0' });
    expect((await shop.api.post(`${pathOf(account, mandate)}/approval`, {})).status).toBe(201);
    expect((await collect(invoice, mandate)).body.code).toBe('mandate_revoked');
  });
});

describe('the books of it', () => {
  it('balance, nothing is on its way, what was paid for gas is told, and the log is VALID', async () => {
    const inFlight = async () => (await dispatches()).filter(({ status }) => status === 'sending');
    expect(await until(inFlight, (left) => left.length === 0)).toEqual([]);
    const currencies = (await shop.api.get('/v1/trial-balance')).body.currencies as {
      balance: string;
      ledgerAccounts: { ledgerAccount: string; balance: string }[];
    }[];
    for (const { balance, ledgerAccounts } of currencies) {
      expect(balance).toMatch(/^0(\.0+)?$/);
      const moving = ledgerAccounts.filter(({ ledgerAccount }) => /in-transit|payment-pending|suspense/.test(ledgerAccount));
      for (const each of moving) expect(each).toMatchObject({ balance: expect.stringMatching(/^0(\.0+)?$/) });
    }
    const { costs } = (await shop.api.get('/v1/settlement/gas')).body as { costs: { operation: string; transactions: string }[] };
    expect(costs.map(({ operation, transactions }) => [operation, transactions])).toEqual([
      ['collect', '5'],
      ['revoke', '1'],
    ]);
    const events = await Array.fromAsync(shop.api.service.eventStore.readAll());
    const length = events.filter(({ stream }) => stream.startsWith('demo.')).length;
    const source = () => new HttpLogSource(`${shop.api.service.url}/logs/demo/`, { token: shop.api.token });
    const genesisHash = await shop.api.service.integrity.logs.genesisHashOf('demo');
    const outcome = await until(
      () => verifyLog({ source: source(), genesisHash, rpcUrls: [], isOffline: true }),
      (judged) => 'size' in judged && judged.size >= length,
    );
    expect(outcome.verdict).toBe('VALID');
  });
});
