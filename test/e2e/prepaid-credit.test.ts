import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Contract, id as hashOf, type Wallet } from 'ethers';
import { sent } from '../../bench/support/settlement-chain.ts';
import { HttpLogSource } from '../../verifier/source/http.log-source.ts';
import { verifyLog } from '../../verifier/verify.ts';
import { type PaidProvider, sendFrom, startPaidProvider } from '../support/paid-provider.ts';

let shop: PaidProvider;
let credit: Contract;
let account: string;
/** Paid with credit. */
let title: string;
/** Another customer, with a wallet of its own. */
let mallory: string;

beforeAll(async () => {
  shop = await startPaidProvider({ reconciling: { creditMs: 200, everyMs: 500 } });
  credit = await shop.createCredit();
  await shop.rate('USDC', '0.5');
  account = (await shop.api.post('/v1/accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '10000' })).body.id as string;
}, 120_000);
afterAll(() => shop.close());

const mine = () => shop.on.chain.provider.send('anvil_mine', ['0x1']);

/** Lets the chain go on until something is so, unless it is to stand still. */
async function until<T>(ask: () => Promise<T>, isIt: (answer: T) => boolean, goOn: () => Promise<unknown> = mine): Promise<T> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const answer = await ask();
    if (isIt(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`It did not come to pass: ${JSON.stringify(answer)}`);
    await goOn();
    await sleep(100);
  }
}

interface Held {
  readonly balance: string;
  readonly issued: string;
  readonly redeemed: string;
  readonly expired: string;
  readonly lots: readonly { readonly amount: string; readonly state: string; readonly until: string }[];
}

const heldBy = async (of = account) => ((await shop.api.get(`/v1/accounts/${of}/credit`)).body.credit as Held[])[0];
const walletOf = async (of: string) => (await shop.api.get(`/v1/accounts/${of}`)).body.balances.wallet as string;
const balanceOf = async (of = account) => (await heldBy(of))?.balance;
const ledger = async () => {
  const { currencies } = (await shop.api.get('/v1/trial-balance')).body as {
    currencies: { currency: string; balance: string; ledgerAccounts: { ledgerAccount: string; balance: string }[] }[];
  };
  const euro = currencies.find(({ currency }) => currency === 'EUR');
  // The ledger accounts of all customers together are one line.
  return {
    sums: currencies.map(({ balance }) => Number(balance)),
    of: (place: string) => Number(euro?.ledgerAccounts.find(({ ledgerAccount }) => ledgerAccount === place)?.balance ?? '0'),
  };
};
/** In euro, as the ledger writes a liability: credits are below zero. */
const supply = async () => -Number((await credit.getFunction('totalSupply')()) as bigint) / 100;
const stateOf = async (path: string) => (await shop.open(path)).body.state as string;
const checkoutOf = async (opening: string, body: object = {}) => `/v1/checkouts/${(await shop.api.post(opening, body)).body.id}`;

async function bought(of: string, amount: string) {
  await shop.payAt(await checkoutOf(`/v1/accounts/${of}/credits/checkouts`, { amount, currency: 'EUR' }), shop.dollar);
  return until(() => balanceOf(of), (balance) => balance !== undefined && Number(balance) >= Number(amount)); // prettier-ignore
}

/** What a quote for so much credit is answered. */
async function quotedFor(amount: string) {
  const path = await checkoutOf(`/v1/accounts/${account}/credits/checkouts`, { amount, currency: 'EUR' });
  const { status, body } = await shop.ask(`${path}/quotes`, { token: shop.dollar });
  return [status, body.code as string | undefined, body.params as object | undefined];
}

async function billed(amount: string, of = account) {
  await shop.api.post(`/v1/accounts/${of}/charges`, { amount, currency: 'EUR', product: 'tv', description: 'TV' });
  const { id } = (await shop.api.post(`/v1/accounts/${of}/invoices`, { dueOn: '2099-12-31' })).body as { id: string };
  await until(async () => (await shop.api.get(`/v1/invoices/${id}`)).body.document as unknown, (document) => document !== undefined); // prettier-ignore
  return id;
}

/** The payment that bought credit for an account. */
const purchaseOf = async (of: string) => {
  const { settlements } = (await shop.api.get(`/v1/settlements?account=${of}`)).body as {
    settlements: { settlement: string; name: string; purpose?: string }[];
  };
  return `/v1/settlements/${settlements.find(({ name, purpose }) => name === 'Settled' && purpose === 'credit')!.settlement}`;
};

/** A holder asks to pay with credit, and its wallet signs what it is shown, but for what is changed. */
async function signedRedemption(
  path: string,
  wallet: Wallet,
  { holder = wallet.address, ...changes }: Readonly<Record<string, string>> = {},
) {
  const { sign, deadline } = (await shop.ask(`${path}/redemptions`, { holder })).body as {
    sign: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- As wallets take it.
    deadline: string;
  };
  const { EIP712Domain: _, ...types } = sign.types;
  const message = { ...sign.message, ...changes } as Record<string, string>;
  return { deadline: changes['deadline'] ?? deadline, signature: await wallet.signTypedData(sign.domain, types, message) };
}

const reason = 'moves away';
/** Asks for credit to be taken back, and answers where one sees how far that is. */
async function asked(purchase: string, amount?: string): Promise<string> {
  const part = amount === undefined ? {} : { amount, currency: 'EUR' };
  const { status, headers, body } = await shop.api.post(`${purchase}/credit-refunds`, { ...part, reason });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return headers.get('location')!;
}

const stands = (at: string, state: string, goOn?: () => Promise<unknown>) =>
  until(
    async () => (await shop.api.get(at)).body as Record<string, string>,
    (view) => view['state'] === state || view['state'] === 'failed',
    goOn,
  );

/** What is on chain is what the books owe for it, and nothing waits to be paid out: now, and in the comparison that always runs (C2). */
async function agreed(): Promise<number> {
  const owed = await supply();
  await until(ledger, ({ of }) => of('liability:credit') === owed && of('liability:refund-payable') === 0);
  const head = await shop.on.chain.provider.getBlockNumber();
  const newest = await until(
    async () => (await compared(20))[0],
    (latest) => latest !== undefined && Number(latest.blocks[0]!.number) >= head,
  );
  expect(newest).toMatchObject({ onChain: (-owed).toFixed(2), difference: '0.00', sound: true });
  return owed;
}

interface Compared {
  readonly subject: string;
  readonly onChain: string;
  readonly blocks: readonly { readonly number: string }[];
  readonly sound: boolean;
}

/** Comparisons of the supply with the books, newest first: the last ones, or all that were ever kept. */
async function compared(limit = Infinity): Promise<Compared[]> {
  const found: Compared[] = [];
  for (let next: string | undefined = ''; next !== undefined && found.length < limit;) {
    const { body } = await shop.api.get(`/v1/settlement/reconciliations?limit=100${next}`);
    found.push(...(body.reconciliations as Compared[]).filter(({ subject }) => subject === 'credit'));
    next = body.next === undefined ? undefined : `&before=${body.next as string}`;
  }
  return found;
}

const openOf = async (invoice: string) => (await shop.api.get(`/v1/invoices/${invoice}`)).body.open as string;

describe('[D16] prepaid credit', () => {
  it('is sold only where there is a token of it, in its currency', async () => {
    const other = (await shop.api.post('/v1/accounts', { billing: 'postpaid', currency: 'USD', creditLimit: '10' })).body.id as string;
    const { status, body } = await shop.api.post(`/v1/accounts/${other}/credits/checkouts`, { amount: '10', currency: 'USD' });
    expect([status, body.code]).toEqual([409, 'credit_not_available']);
  });

  it('is bought with a stablecoin, given out once, and shown as a balance of the ledger', async () => {
    await until(async () => (await shop.api.post(`/v1/accounts/${account}/credits/checkouts`, { amount: '1', currency: 'EUR' })).status, (status) => status === 201); // prettier-ignore
    expect(await bought(account, '50')).toBe('50.00');
    const held = await heldBy();
    expect(held).toMatchObject({ issued: '50.00', redeemed: '0.00', lots: [{ amount: '50.00', state: 'spendable' }] });
    expect(await credit.getFunction('balanceOf')(shop.on.hands.payer.address)).toBe(5_000n);
    const books = await ledger();
    expect([books.of('liability:credit'), books.of('liability:credit-unissued')]).toEqual([-50, 0]);
    expect(await supply()).toBe(-50);
  });

  it('is not sold beyond what may be given out on the day', async () => {
    expect(await quotedFor('999950.01')).toEqual([409, 'credit_cap_exceeded', { left: '999950.00', currency: 'EUR' }]);
    expect((await quotedFor('999950.00'))[0]).toBe(201);
  });

  it("pays an invoice by the holder's own transaction", async () => {
    const invoice = await billed('12.10');
    const path = await checkoutOf(`/v1/invoices/${invoice}/checkouts`);
    const { payer } = shop.on.hands;
    const { status, body } = await shop.ask(`${path}/redemptions`, { holder: payer.address });
    expect([status, body.units, body.refusal]).toEqual([201, '1210', undefined]);
    // Nothing else is offered for the slot while the credit may come.
    const coins = await shop.ask(`${path}/quotes`, { token: shop.dollar });
    expect([coins.status, coins.body.code]).toEqual([409, 'redemption_live']);
    const tx = await sendFrom(payer, body.transaction as Parameters<typeof sendFrom>[1]);
    await until(() => openOf(invoice), (open) => open === '0.00'); // prettier-ignore
    expect(await until(() => stateOf(path), (state) => state === 'settled')).toBe('settled'); // prettier-ignore
    expect((await shop.open(path)).body.payment).toMatchObject({ tx });
    expect(await balanceOf()).toBe('37.90');
    // The slot is closed: nothing more is offered for it, to anybody.
    expect((await shop.ask(`${path}/redemptions`, { holder: payer.address })).body.code).toBe('slot_closed');
  });

  it('pays a title by a signature that costs the holder no gas, and the title may be watched', async () => {
    const sale = { onSaleFrom: '2026-01-01T00:00:00.000Z', onSaleUntil: '2099-01-01T00:00:00.000Z' };
    const shown = { startsAt: '2099-01-01T00:00:00.000Z', endsAt: '2099-01-01T02:00:00.000Z' };
    title = (await shop.api.post('/v1/titles', { name: 'Final', price: '4.99', currency: 'EUR', ...sale, ...shown })).body.id as string;
    const path = await checkoutOf(`/v1/accounts/${account}/purchases/checkouts`, { title });
    const { payer } = shop.on.hands;
    const { deadline, signature } = await signedRedemption(path, payer);
    const coins = await shop.on.chain.provider.getBalance(payer.address);
    const { status } = await shop.ask(`${path}/redemptions/relays`, { holder: payer.address, deadline, signature });
    expect(status).toBe(201);
    expect(await until(() => stateOf(path), (state) => state === 'settled')).toBe('settled'); // prettier-ignore
    const watched = async () =>
      (await shop.api.get(`/v1/accounts/${account}/entitlements?at=2099-01-01T01:00:00.000Z`)).body.entitlements as object[];
    expect(await until(watched, ({ length }) => length === 1)).toHaveLength(1);
    expect(await shop.on.chain.provider.getBalance(payer.address)).toBe(coins);
    expect(await until(() => balanceOf(), (balance) => balance === '32.91')).toBe('32.91'); // prettier-ignore
  });

  it("by a signature is spent by nobody else's, not behind its deadline, and once however often it is brought", async () => {
    const invoice = await billed('1.00');
    const path = await checkoutOf(`/v1/invoices/${invoice}/checkouts`);
    const { payer, other } = shop.on.hands;
    const holder = payer.address;
    const { deadline, signature } = await signedRedemption(path, payer);
    const relay = async (signed: { readonly deadline: string; readonly signature: string }, key?: string) => {
      const { status, headers, body } = await shop.ask(`${path}/redemptions/relays`, { holder, ...signed }, key);
      return { status, body: body as { code?: string; params?: { refusal: string } }, replayed: headers.get('idempotent-replayed') };
    };
    const orders = async () => {
      const events = await Array.fromAsync(shop.api.service.eventStore.readAll());
      return events.filter(({ type, data }) => type === 'RedemptionOrdered/1' && data.includes(signature)).length;
    };
    const [held, past] = [Number(await balanceOf()), '1700000000'];
    const later = await signedRedemption(path, payer, { deadline: String(Number(deadline) + 60) });
    const refused = [
      [await signedRedemption(path, other, { holder }), 'PrepaidCreditInvalidSignature'],
      [{ deadline: String(Number(deadline) + 60), signature }, 'PrepaidCreditInvalidSignature'],
      [await signedRedemption(path, payer, { amount: '1' }), 'PrepaidCreditInvalidSignature'],
      [await signedRedemption(path, payer, { deadline: past }), 'PrepaidCreditSignatureExpired'],
    ] as const;
    for (const [signed, refusal] of refused)
      expect(await relay(signed)).toMatchObject({ status: 409, body: { code: 'payment_refused', params: { refusal } } });
    expect([await orders(), await openOf(invoice)]).toEqual([0, '1.00']);
    expect(await relay({ deadline, signature }, 'brought')).toMatchObject({ status: 201, replayed: null });
    expect(await relay({ deadline, signature }, 'brought')).toMatchObject({ status: 201, replayed: 'true' });
    expect(await until(() => openOf(invoice), (open) => open === '0.00')).toBe('0.00'); // prettier-ignore
    expect(await relay({ deadline, signature }, 'brought')).toMatchObject({ status: 201, replayed: 'true' });
    expect(await relay({ deadline, signature })).toMatchObject({ status: 201 });
    const { body } = await relay(later);
    expect([body.code, body.params?.refusal, await orders()]).toEqual(['payment_refused', 'PrepaidCreditSeqUsed', 1]);
    const left = (held - 1).toFixed(2);
    expect(await until(() => balanceOf(), (balance) => balance === left)).toBe(left); // prettier-ignore
  });

  it('comes back to the wallet where the title that it paid is called off, and the customer is told so', async () => {
    const { notices: none } = (await shop.api.get(`/v1/accounts/${account}/notices`)).body as { notices: object[] };
    expect(none).toEqual([]);
    const earned = (amount: number) => until(ledger, ({ of }) => of('revenue:ppv') === amount);
    await earned(-4.99);
    expect(await walletOf(account)).toBe('0.00');
    expect((await shop.api.post(`/v1/titles/${title}/cancellation`, { reason: 'The final is called off.' })).status).toBe(201);
    expect(await until(() => walletOf(account), (wallet) => wallet !== '0.00')).toBe('4.99'); // prettier-ignore
    await earned(0);
    const noticed = async () => (await shop.api.get(`/v1/accounts/${account}/notices`)).body.notices as object[];
    expect(await until(noticed, ({ length }) => length > 0)).toMatchObject([{ name: 'Final', amount: '4.99', returnedTo: 'wallet' }]);
    expect(await balanceOf()).toBe('31.91');
  });

  it("a unit that a stranger spends on somebody's slot goes to the stranger's wallet, and the slot is paid by its own customer", async () => {
    const { other, payer } = shop.on.hands;
    await sent(shop.on.dollar, other, 'mint', other.address, 10n ** 9n);
    mallory = (await shop.api.post('/v1/accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '10' })).body.id as string;
    const bought = await checkoutOf(`/v1/accounts/${mallory}/credits/checkouts`, { amount: '5', currency: 'EUR' });
    await shop.ask(`${bought}/quotes`, { token: shop.dollar });
    const { ways } = (await shop.open(`${bought}/payment?token=${shop.dollar}&payer=${other.address}`)).body as {
      ways: { method: string; transactions: Parameters<typeof sendFrom>[1][] }[];
    };
    for (const each of ways.find(({ method }) => method === 'allowance')!.transactions) await sendFrom(other, each);
    await until(() => balanceOf(mallory), (balance) => balance === '5.00'); // prettier-ignore
    const invoice = await billed('2.00');
    const path = await checkoutOf(`/v1/invoices/${invoice}/checkouts`);
    const { body } = await shop.ask(`${path}/redemptions`, { holder: payer.address });
    expect((await shop.ask(`${path}/redemptions`, { holder: other.address })).body.code).toBe('credit_holder_unknown');
    const { seq } = (await shop.open(path)).body as { seq: string };
    await sent(credit, other, 'redeem', 1n, body.invoiceRef, BigInt(seq));
    expect(await until(() => walletOf(mallory), (wallet) => wallet !== '0.00')).toBe('0.01'); // prettier-ignore
    expect(await openOf(invoice)).toBe('2.00');
    await sendFrom(payer, body.transaction as Parameters<typeof sendFrom>[1]);
    expect(await until(() => openOf(invoice), (open) => open === '0.00')).toBe('0.00'); // prettier-ignore
  });

  it('is taken back: burnt once, never paid for before that, and then paid back as money of its payment', async () => {
    const { payer, treasury } = shop.on.hands;
    const purchase = await purchaseOf(account);
    const part = { amount: '10.00', currency: 'EUR', reason };
    expect((await shop.api.post(`${purchase}/refunds`, part)).body.code).toBe('nothing_to_refund');
    expect((await shop.api.post(`${purchase}/credit-refunds`, { ...part, amount: '50.01' })).body.code).toBe('refund_above_payment');
    const [left, wallet] = [Number(await balanceOf()), Number(await walletOf(account))];
    const key = { 'idempotency-key': 'take-back' };
    const taken = await shop.api.post(`${purchase}/credit-refunds`, part, key);
    const again = await shop.api.post(`${purchase}/credit-refunds`, part, key);
    expect([taken.status, again.body.id, again.headers.get('idempotent-replayed')]).toEqual([201, taken.body.id, 'true']);
    expect((await shop.api.post(`${purchase}/credit-refunds`, { reason }, key)).status).toBe(422);
    const view = await stands(taken.headers.get('location')!, 'final');
    const holder = payer.address.toLowerCase();
    expect(view).toMatchObject({ state: 'final', amount: '10.00', account, holder, dispatch: 'creditrefund.1' });
    expect((await shop.api.get(`${purchase}/credit-refunds`)).body.refunds).toEqual([view]);
    const less = (left - 10).toFixed(2);
    expect(await until(() => balanceOf(), (balance) => balance === less)).toBe(less); // prettier-ignore
    const more = (wallet + 10).toFixed(2);
    expect(await until(() => walletOf(account), (now) => now === more)).toBe(more); // prettier-ignore
    const owed = await agreed();
    // At the rate that it was paid at: half a euro a dollar.
    await sent(shop.on.dollar, treasury, 'transfer', shop.refunder, 20_000_000n);
    const dollars = async () => BigInt(await shop.on.dollar.getFunction('balanceOf')(payer.address));
    const held = await dollars();
    const back = await shop.api.post(`${purchase}/refunds`, { reason });
    expect(await stands(back.headers.get('location')!, 'final')).toMatchObject({ state: 'final', amount: '10.00' });
    expect((await dollars()) - held).toBe(20_000_000n);
    expect([await walletOf(account), await agreed()]).toEqual([wallet.toFixed(2), owed]);
    expect((await shop.api.post(`${purchase}/refunds`, { reason })).body.code).toBe('nothing_to_refund');
  }, 120_000);

  it('is taken back from its own holder alone: as much as is unspent, and more than that is refused', async () => {
    const [purchase, others, before] = [await purchaseOf(mallory), await balanceOf(), await supply()];
    const refused = await shop.api.post(`${purchase}/credit-refunds`, { amount: '5.00', currency: 'EUR', reason });
    expect([refused.status, refused.body.code]).toEqual([409, 'refund_above_unspent']);
    expect(refused.body.params).toMatchObject({ bought: '5.00', refundable: '4.99', required: '5.00' });
    const { holder, amount } = await stands(await asked(purchase), 'final');
    expect(amount).toBe('4.99');
    expect(holder).toBe(shop.on.hands.other.address.toLowerCase());
    expect(await until(() => walletOf(mallory), (wallet) => wallet === '5.00')).toBe('5.00'); // prettier-ignore
    expect(await until(() => balanceOf(mallory), (balance) => balance === '0.00')).toBe('0.00'); // prettier-ignore
    expect(await agreed()).toBeCloseTo(before + 4.99, 2);
    expect(await balanceOf()).toBe(others);
  }, 120_000);

  it('is of each account what it bought itself, where the same wallet pays for several', async () => {
    const { payer } = shop.on.hands;
    const first = Number(await balanceOf());
    const sharing = (await shop.api.post('/v1/accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '100' })).body.id as string;
    expect([await bought(sharing, '3'), await balanceOf()]).toEqual(['3.00', first.toFixed(2)]);
    // The wallet has enough for it, and the account has not.
    const dear = await checkoutOf(`/v1/invoices/${await billed('3.50', sharing)}/checkouts`);
    const refused = (await shop.ask(`${dear}/redemptions`, { holder: payer.address })).body;
    expect([refused.code, refused.params]).toEqual(['credit_short', { holder: payer.address.toLowerCase(), needed: '350', held: '300' }]);
    const invoice = await billed('2.00', sharing);
    const { body } = await shop.ask(`${await checkoutOf(`/v1/invoices/${invoice}/checkouts`)}/redemptions`, { holder: payer.address });
    await sendFrom(payer, body.transaction as Parameters<typeof sendFrom>[1]);
    expect(await until(() => openOf(invoice), (open) => open === '0.00')).toBe('0.00'); // prettier-ignore
    expect([await balanceOf(sharing), await balanceOf()]).toEqual(['1.00', first.toFixed(2)]);
    const onChain = (await credit.getFunction('balanceOf')(payer.address)) as bigint;
    expect(onChain).toBe(BigInt(Math.round((first + 1) * 100)));
    // What is taken back of the purchase is what the account has left of it.
    expect(await stands(await asked(await purchaseOf(sharing)), 'final')).toMatchObject({ amount: '1.00', account: sharing });
    expect(await until(() => walletOf(sharing), (wallet) => wallet !== '0.00')).toBe('1.00'); // prettier-ignore
    expect([await balanceOf(sharing), await balanceOf()]).toEqual(['0.00', first.toFixed(2)]);
    await agreed();
  }, 120_000);

  it('is spent or taken back, as the chain has it, and never both', async () => {
    const { payer } = shop.on.hands;
    const { provider } = shop.on.chain;
    const [purchase, left, before] = [await purchaseOf(account), (await balanceOf())!, await supply()];
    const invoice = await billed('5.00');
    const path = await checkoutOf(`/v1/invoices/${invoice}/checkouts`);
    const { body } = await shop.ask(`${path}/redemptions`, { holder: payer.address });
    await provider.send('evm_setAutomine', [false]);
    // The holder pays dearly to be first; what we send was tried out on a block that knows nothing of that.
    const { to, data } = body.transaction as { to: string; data: string };
    await payer.sendTransaction({ to, data, gasLimit: 500_000n, maxPriorityFeePerGas: 10n ** 11n, maxFeePerGas: 10n ** 12n });
    const at = await asked(purchase, left);
    expect((await stands(at, 'sent', () => Promise.resolve()))['state']).toBe('sent');
    await mine();
    await provider.send('evm_setAutomine', [true]);
    const lost = await stands(at, 'failed');
    expect(lost).toMatchObject({ failure: expect.stringMatching(/^reverted: ERC20InsufficientBalance\(/) });
    expect((await provider.getTransactionReceipt(lost['tx']!))?.status).toBe(0);
    expect(await until(() => openOf(invoice), (open) => open === '0.00')).toBe('0.00'); // prettier-ignore
    expect(await agreed()).toBeCloseTo(before + 5, 2);
    // What is left is free to be taken back by a decision of its own.
    const rest = await stands(await asked(purchase, '5.91'), 'final');
    expect(rest['state']).toBe('final');
    expect(await agreed()).toBeCloseTo(before + 10.91, 2);
  }, 120_000);

  it('[SET-A37] what a stolen minter gives out is in suspense, and the supply is what is owed all the same', async () => {
    const { stranger, providerAdmin } = shop.on.hands;
    await sent(credit, providerAdmin, 'setMinter', stranger.address, 4_102_444_800);
    const epoch = (await credit.getFunction('currentEpoch')()) as bigint;
    await sent(credit, stranger, 'issue', stranger.address, 777n, 9_999n, epoch, hashOf('nothing'));
    const books = await until(ledger, ({ of }) => of('liability:suspense') !== 0);
    expect(books.of('liability:suspense')).toBe(7.77);
    expect(books.of('liability:credit')).toBe(await supply());
    const { settlements } = (await shop.api.get('/v1/settlements?standing=unmatched')).body as {
      settlements: { name: string; reason: string }[];
    };
    expect(settlements[0]).toMatchObject({ name: 'CreditIssued', reason: 'issue_unknown' });
  });

  it('is earned as breakage when it is burnt, which anybody may do, and not before', async () => {
    const left = Number(await balanceOf());
    const before = await ledger();
    const { stranger, payer } = shop.on.hands;
    const { timestamp } = (await shop.on.chain.provider.getBlock('latest'))!;
    await shop.on.chain.provider.send('evm_setNextBlockTimestamp', [timestamp + 14 * 31 * 86_400]);
    await mine();
    expect(before.of('revenue:breakage')).toBe(0);
    await sent(credit, stranger, 'expire', payer.address);
    const after = await until(ledger, ({ of }) => of('revenue:breakage') !== 0);
    expect(after.of('revenue:breakage')).toBeCloseTo(-left, 2);
    expect(after.of('liability:credit')).toBeCloseTo(await supply(), 2);
    expect(await heldBy()).toMatchObject({ balance: '0.00', expired: left.toFixed(2), lots: [] });
  });

  it('is not taken back once it is burnt, though more of it was bought than ever came back', async () => {
    const before = await ledger();
    const { status, body } = await shop.api.post(`${await purchaseOf(account)}/credit-refunds`, {
      amount: '1.00',
      currency: 'EUR',
      reason,
    });
    expect([status, body.code]).toEqual([409, 'nothing_to_refund']);
    const after = await ledger();
    for (const place of ['liability:credit', 'liability:wallet', 'revenue:breakage']) expect(after.of(place)).toBe(before.of(place));
  });

  it('leaves books that balance, nothing on its way, and a log that is VALID', async () => {
    const { sums, of } = await ledger();
    expect(sums.every((sum) => sum === 0)).toBe(true);
    expect([of('liability:payment-pending'), of('liability:credit-unissued'), of('liability:refund-payable')]).toEqual([0, 0, 0]);
    const all = await compared();
    expect(all.length).toBeGreaterThan(10);
    expect(all.filter(({ sound }) => !sound)).toEqual([]);
    const length = (await Array.fromAsync(shop.api.service.eventStore.readAll())).filter(({ stream }) => stream.startsWith('demo.')).length;
    const source = () => new HttpLogSource(`${shop.api.service.url}/logs/demo/`, { token: shop.api.token });
    const genesisHash = await shop.api.service.integrity.logs.genesisHashOf('demo');
    const outcome = await until(
      () => verifyLog({ source: source(), genesisHash, rpcUrls: [], isOffline: true }),
      (judged) => 'size' in judged && judged.size >= length,
    );
    expect(outcome.verdict).toBe('VALID');
  });
});
