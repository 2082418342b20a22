import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpLogSource } from '../../verifier/source/http.log-source.ts';
import { verifyLog } from '../../verifier/verify.ts';
import { type PaidProvider, startPaidProvider } from '../support/paid-provider.ts';

const native = `0x${'0'.repeat(40)}`;
let shop: PaidProvider;

beforeAll(async () => {
  shop = await startPaidProvider({}, {}, { bookCurrency: 'USD' });
}, 120_000);
afterAll(() => shop.close());

async function until<T>(ask: () => Promise<T>, isIt: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = await ask();
    if (isIt(answer) || Date.now() > deadline) return answer;
    await sleep(50);
  }
}

const stateOf = async (path: string) => (await shop.open(path)).body.state as string;
const trialBalance = async () =>
  (await shop.api.get('/v1/trial-balance')).body.currencies as {
    currency: string;
    balance: string;
    ledgerAccounts: { ledgerAccount: string; balance: string }[];
  }[];

describe('[J1] an invoice in EUR, paid in a coin, to a provider whose books are in USD', () => {
  it('is refused while nobody has said what the coin is worth in USD', async () => {
    await shop.rateOf('ETH/EUR', '3000', 60, '100');
    const { invoice } = await shop.invoice('60.50');
    const path = `/v1/checkouts/${(await shop.api.post(`/v1/invoices/${invoice}/checkouts`, {})).body.id}`;
    const { status, body } = await shop.ask(`${path}/quotes`, { token: native });
    expect([status, body.code, body.params]).toEqual([409, 'rate_not_found', { base: 'ETH', currency: 'USD' }]);
    // Nor is it taken at what the coin was worth in USD when somebody said so last.
    await shop.rateOf('ETH/USD', '3300', 700);
    expect((await shop.ask(`${path}/quotes`, { token: native })).body.code).toBe('rate_stale');
  });

  it('stores the rates with source, time and spread, and posts in USD what the rate lost meanwhile', async () => {
    await shop.rateOf('ETH/USD', '3300', 60);
    await shop.rateOf('EUR/USD', '1.1', 60);
    const { invoice, account } = await shop.invoice('60.50');
    const { path } = await shop.pay(`/v1/invoices/${invoice}/checkouts`, native, () => shop.rateOf('ETH/USD', '3200', 30));
    await shop.on.chain.provider.send('anvil_mine', ['0x3']);
    await until(
      () => stateOf(path),
      (state) => state === 'settled',
    );
    const final = (await Array.fromAsync(shop.api.service.eventStore.readAll())).filter(({ type }) => type === 'SettlementFinalized/1');
    // Gas of keys becomes final at any time, too.
    const { payment, value, postings } = final.map(({ data }) => JSON.parse(data).fin).findLast(({ name }) => name === 'Settled');
    const at = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.+Z$/);
    expect(payment.rate).toEqual({ base: 'ETH', currency: 'EUR', rate: '3000', source: 'test', at, spreadBps: '100' });
    // 60.50 / 2970 of a coin, worth 3200 each; 60.50 EUR are worth 66.55 USD.
    expect(value).toEqual({
      ...{ rate: { base: 'ETH', currency: 'USD', rate: '3200', source: 'test', at }, net: '65.185185', fee: '0.00', gain: '-1.364815' },
      exchange: { rate: { base: 'EUR', currency: 'USD', rate: '1.1', source: 'test', at }, amount: '66.55' },
    });
    const lines = (postings as Record<string, string>[]).map(
      (line) => `${line['direction']} ${line['account']} ${line['amount']} ${line['currency']}`,
    );
    expect(lines).toEqual([
      'debit asset:crypto:treasury:31337 65.185185 USD',
      expect.stringMatching(/^credit (asset:crypto:in-transit:31337|liability:payment-pending:acc_.+) 60\.50 EUR$/),
      'debit equity:conversion:EUR 60.50 EUR',
      'credit equity:conversion:EUR 66.55 USD',
      'debit expense:fx-loss 1.364815 USD',
      'debit asset:crypto:treasury:31337:ETH 0.020370370370370371 ETH',
      'credit equity:conversion:ETH 0.020370370370370371 ETH',
    ]);
    const balances = async () => (await shop.api.get(`/v1/accounts/${account}`)).body.balances as { readonly receivable: string };
    const nothing = { wallet: '0.00', unbilled: '0.00', receivable: '0.00' };
    expect(await until(balances, ({ receivable }) => receivable === '0.00')).toEqual(nothing);
  });
});

describe('[D13] money that is sent to the treasury by hand, past the contract, is suspense that staff allocate, and pays no slot', () => {
  interface Stray {
    readonly settlement: string;
    readonly tx: string;
  }
  const strayOf = async (tx: string) => {
    const find = async () => (await shop.api.get('/v1/settlements?standing=unmatched')).body.settlements as Stray[];
    return (await until(find, (found) => found.some((each) => each.tx === tx))).find((each) => each.tx === tx);
  };

  it.each([
    ['under', 'USDC', -1n, '1800'],
    ['over', 'USDC', 1n, '1800'],
    ['late', 'USDC', 0n, '2'],
    ['in the wrong asset', 'ETH', 0n, '600'],
  ] as const)('[D13] %s', async (how, quotedIn, more, quoteSeconds) => {
    const at = new Date().toISOString();
    const set = (base: string, currency: string, rate: string) =>
      shop.api.post('/v1/settlement/rates', { base, currency, rate, source: 'test', at, spreadBps: '0', quoteSeconds });
    for (const currency of ['EUR', 'USD']) {
      await set('ETH', currency, '3000');
      await set('USDC', currency, '0.92');
    }
    await shop.rateOf('EUR/USD', '1.1');
    const { invoice, account } = await shop.invoice('60.50');
    const path = `/v1/checkouts/${(await shop.api.post(`/v1/invoices/${invoice}/checkouts`, {})).body.id}`;
    const { body: quoted } = await shop.ask(`${path}/quotes`, { token: quotedIn === 'ETH' ? native : shop.dollar });
    expect(quoted.quotes).toHaveLength(1);
    const open = how === 'late' ? 'expired' : 'waiting';
    expect(await until(() => stateOf(path), (state) => state === open)).toBe(open); // prettier-ignore

    const { payer, treasury } = shop.on.hands;
    // 60.50 / 0.92 of a dollar, rounded up.
    const units = 65_760_870n + more;
    const { hash } = await (shop.on.dollar.connect(payer) as typeof shop.on.dollar).getFunction('transfer').send(treasury.address, units);
    await shop.on.chain.provider.send('anvil_mine', ['0x3']);
    const tokenAmount = `65.${(units - 65_000_000n).toString()}`;
    const stray = await strayOf(hash);
    expect(stray).toMatchObject({ name: 'Transfer', token: 'USDC', tokenAmount, payer: payer.address.toLowerCase() });
    expect([await stateOf(path), (await shop.api.get(`/v1/invoices/${invoice}`)).body.open]).toEqual([open, '60.50']);

    const given = await shop.api.post(`/v1/settlements/${stray?.settlement}/allocation`, { account, reason: 'Sent by hand.' });
    expect(given.status).toBe(201);
    const { wallet } = await until(
      async () => (await shop.api.get(`/v1/accounts/${account}`)).body.balances as { readonly wallet: string },
      (balances) => balances.wallet !== '0.00',
    );
    // What it is worth at 0.92, rounded down.
    expect(wallet).toBe(more < 0n ? '60.49' : '60.50');
    expect(await stateOf(path)).toBe(open);
  });
});

describe('[D13] [D14] [L18] a customer pays an invoice from a wallet', () => {
  it.each([
    ['a coin', 'ETH', '3000'],
    ['a token', 'USDC', '0.92'],
  ] as const)('in %s, and it is settled once it is final', async (_, currency, rate) => {
    await shop.rate(currency, rate);
    await shop.rateOf(`${currency}/USD`, rate);
    const { invoice, account } = await shop.invoice('60.50');
    let units = 0n;
    const { treasury } = shop.on.hands;
    const held = async (address: string) =>
      currency === 'ETH' ? shop.on.chain.provider.getBalance(address) : (shop.on.dollar['balanceOf']!(address) as Promise<bigint>);
    const before = await held(treasury.address);
    const opened = await shop.api.post(`/v1/invoices/${invoice}/checkouts`, {});
    const token = currency === 'ETH' ? native : shop.dollar;
    const { path, tx } = await shop.payAt(`/v1/checkouts/${opened.body.id}`, token, async () => {
      const { body } = await shop.open(`/v1/checkouts/${opened.body.id}`);
      const [quote] = body.quotes as Record<string, string>[];
      expect([body.chainId, body.state]).toEqual(['31337', 'waiting']);
      expect(quote).toMatchObject({ token, tokenCurrency: currency, rate, rateSource: 'test', rateAt: expect.any(String) });
      expect(Date.parse(quote!['deadline']!)).toBeGreaterThan(Date.now());
      units = BigInt(quote!['units']!);
    });
    expect(['seen', 'confirming']).toContain(await stateOf(`${path}?tx=${tx}`));
    await shop.on.chain.provider.send('anvil_mine', ['0x3']);
    expect(
      await until(
        () => stateOf(path),
        (state) => state === 'settled',
      ),
    ).toBe('settled');
    const billed = await until(
      async () => (await shop.api.get(`/v1/invoices/${invoice}`)).body as { open: string; settlements: { tx: string }[] },
      ({ open }) => open === '0.00',
    );
    expect([billed.open, billed.settlements.map((each) => each.tx)]).toEqual(['0.00', [tx]]);
    const [shown] = (await shop.api.get(`/v1/settlements?invoice=${invoice}`)).body.settlements as object[];
    expect(shown).toMatchObject({ tx, standing: 'finalized' });
    // Straight to the provider's own treasury, all of it in that transaction: the contract on the way keeps nothing.
    expect(units).toBeGreaterThan(0n);
    expect(await held(shop.chain.contracts.settlement)).toBe(0n);
    expect((await held(treasury.address)) - before).toBe(units);
    const final = (await Array.fromAsync(shop.api.service.eventStore.readAll())).findLast(({ type }) => type === 'SettlementObserved/1');
    expect(JSON.parse(final!.data).fin).toMatchObject({ tx, log: { name: 'Settled', treasury: treasury.address.toLowerCase() } });
    const { balances } = (await shop.api.get(`/v1/accounts/${account}`)).body as { balances: object };
    expect(balances).toEqual({ wallet: '0.00', unbilled: '0.00', receivable: '0.00' });
  });

  it('and the books of it balance, nothing is on its way, and the log is VALID', async () => {
    for (const { balance, ledgerAccounts } of await trialBalance()) {
      expect(balance).toMatch(/^0(\.0+)?$/);
      for (const each of ledgerAccounts)
        if (/in-transit|payment-pending|suspense/.test(each.ledgerAccount))
          expect(each).toMatchObject({ balance: expect.stringMatching(/^0(\.0+)?$/) });
    }
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
