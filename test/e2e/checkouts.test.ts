import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Contract, keccak256, toBeHex, toUtf8Bytes } from 'ethers';
import { sent } from '../../bench/support/settlement-chain.ts';
import { demoDollarAbi, demoDollarBytecode } from '../../contracts/generated/demo-dollar.ts';
import { ppvEscrowAbi } from '../../contracts/generated/ppv-escrow.ts';
import { canonicalJson } from '../../services/event-store/domain/canonical-json.ts';
import { type PaidProvider, sendFrom, startPaidProvider } from '../support/paid-provider.ts';

const native = `0x${'0'.repeat(40)}`;
const sweeper = `0x${'5e'.repeat(20)}`;
/** A dollar of six decimals, whose operator has written five. */
let misread: string;
let shop: PaidProvider;

beforeAll(async () => {
  // Nobody watches the chain: a payment stays seen, as long as a test looks at it.
  shop = await startPaidProvider(
    { roles: ['projector', 'sequencer'], checkoutLimits: { followersPerLinkMax: 2 } },
    {
      profile: { finality: 'tag', realMoney: false, confirmations: [{ upTo: { amount: '100', currency: 'EUR' }, blocks: 3 }] },
      display: { name: 'Street chain', explorerUrl: 'https://scan.example', sweepers: [sweeper] },
      tokens: async (on) => {
        misread = (await (await on.deploy(demoDollarAbi, demoDollarBytecode)).getAddress()).toLowerCase();
        return [{ address: misread, currency: 'USDC', decimals: 5 }];
      },
    },
  );
}, 120_000);
afterAll(() => shop.close());

/** A checkout of a new invoice, with the path under which its payer finds it. */
async function checkoutOf(amount = '60.50') {
  const billed = await shop.invoice(amount);
  const { body } = await shop.api.post(`/v1/invoices/${billed.invoice}/checkouts`, {});
  return { ...billed, id: body.id as string, path: `/v1/checkouts/${body.id}`, opened: body };
}

const slotOf = async (path: string) => (await shop.open(path)).body as Record<string, string>;
const paid = async (path: string): Promise<boolean> => {
  const { providerId, seq } = await slotOf(path);
  return (await shop.on.settlement.getFunction('isSettled')(providerId, seq)) as boolean;
};

describe('a checkout', () => {
  it('shows what is to be paid and to whom, and nothing of the customer', async () => {
    const { path, id, number, account, invoice, opened } = await checkoutOf();
    expect(opened.events[0]).toMatchObject({ type: 'SlotOpened/1', data: { account, amount: '60.50', module: 'settlement' } });
    const { status, body, headers } = await shop.open(path);
    // The link is all the permission there is: nothing between may keep what it shows, and no other site may read it.
    const said = ['cache-control', 'x-content-type-options', 'access-control-allow-origin'].map((name) => headers.get(name));
    expect(said).toEqual(['no-store', 'nosniff', null]);
    const wrong = await shop.open(`/v1/checkouts/${id}x`);
    expect([wrong.status, wrong.headers.get('cache-control')]).toEqual([404, 'no-store']);
    expect([status, body]).toMatchObject([
      200,
      {
        ...{ id, state: 'waiting', legalName: 'Demo Stream GmbH', kind: 'invoice', invoice: number, amount: '60.50', currency: 'EUR' },
        ...{ chainId: '31337', contract: shop.chain.contracts.settlement, quotes: [] },
        ...{ network: 'Street chain', explorerUrl: 'https://scan.example', confirmationsNeeded: '3' },
      },
    ]);
    expect(JSON.stringify(body)).not.toMatch(new RegExp(`${account}|${invoice}|${opened.events[0].data.salt}`));
  });

  it('is the same slot in every tab, and the same answer to the same key', async () => {
    const { invoice, id, opened } = await checkoutOf();
    const key = { 'idempotency-key': `tab-${invoice}` };
    const again = await shop.api.post(`/v1/invoices/${invoice}/checkouts`, {}, key);
    expect([again.status, again.body.id, again.body.events]).toEqual([201, id, opened.events]);
    expect((await shop.api.post(`/v1/invoices/${invoice}/checkouts`, {}, key)).body.id).toBe(id);
    expect((await shop.api.post(`/v1/invoices/${invoice}/checkouts`, { amount: '1', currency: 'EUR' })).body.id).not.toBe(id);
  });

  it('is there at once for an invoice that was closed a moment ago', async () => {
    const { id } = (await shop.api.post('/v1/accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '100' })).body as {
      id: string;
    };
    await shop.api.post(`/v1/accounts/${id}/charges`, { amount: '5', currency: 'EUR', product: 'tv', description: 'TV' });
    const closed = await shop.api.post(`/v1/accounts/${id}/invoices`, { dueOn: '2099-12-31' });
    expect((await shop.api.post(`/v1/invoices/${closed.body.id}/checkouts`, {})).status).toBe(201);
  });

  it('cannot be guessed', async () => {
    const { id } = await checkoutOf();
    for (const wrong of [`${id.slice(0, -1)}${id.endsWith('A') ? 'B' : 'A'}`, id.replace('chk_demo', 'chk_other'), 'chk_demo_1_', 'x'])
      expect([wrong, (await shop.open(`/v1/checkouts/${wrong}`)).body.code]).toEqual([wrong, 'checkout_not_found']);
  });

  it('is refused for what cannot be paid, by precedence', async () => {
    const { invoice, account } = await shop.invoice('10.00');
    const of = async (path: string, body: object) => (await shop.api.post(path, body)).body.code as string;
    const nobody = '00000000-0000-5000-8000-000000000000';
    expect(await of(`/v1/invoices/inv_${nobody}/checkouts`, {})).toBe('invoice_not_found');
    expect(await of(`/v1/accounts/acc_${nobody}/top-ups/checkouts`, { amount: '1', currency: 'EUR' })).toBe('account_not_found');
    expect(await of(`/v1/accounts/${account}/purchases/checkouts`, { title: `ttl_${nobody}` })).toBe('title_not_found');
    expect(await of(`/v1/invoices/${invoice}/checkouts`, { amount: '10.01', currency: 'EUR' })).toBe('amount_exceeds_open');
    expect(await of(`/v1/invoices/${invoice}/checkouts`, { amount: '1', currency: 'USD' })).toBe('currency_mismatch');
    for (const half of [{ amount: '1' }, { currency: 'EUR' }])
      expect(await of(`/v1/invoices/${invoice}/checkouts`, half)).toBe('body_invalid');
    expect(await of(`/v1/accounts/${account}/top-ups/checkouts`, { amount: '0.001', currency: 'EUR' })).toBe('amount_not_payable');
    expect(await of(`/v1/invoices/${invoice}/checkouts`, { chainId: '1' })).toBe('chain_not_found');
    expect(await of(`/v1/invoices/${invoice}/checkouts`, { terms: `0x${'00'.repeat(31)}01` })).toBe('terms_not_found');
    await shop.api.post(`/v1/accounts/${account}/payments`, { amount: '10', currency: 'EUR', method: 'bank', reference: 'R1' });
    expect(await of(`/v1/invoices/${invoice}/checkouts`, {})).toBe('invoice_paid');
  });

  it('[A12] grants nothing for a title that is ordered and not paid', async () => {
    const { account } = await shop.invoice('10.00');
    const title = {
      ...{ name: 'Final', price: '4.99', currency: 'EUR', onSaleFrom: '2020-01-01T00:00:00.000Z', onSaleUntil: '2099-01-01T00:00:00.000Z' },
      ...{ startsAt: '2020-01-01T00:00:00.000Z', endsAt: '2099-01-01T00:00:00.000Z' },
    };
    const { id } = (await shop.api.post('/v1/titles', title)).body as { id: string };
    const order = await shop.api.post(`/v1/accounts/${account}/purchases/checkouts`, { title: id });
    expect([order.status, order.body.events[0].data.purpose]).toMatchObject([201, { kind: 'title', title: { id, name: 'Final' } }]);
    const after = order.body.position as string;
    expect((await shop.api.get(`/v1/accounts/${account}/entitlements?after=${after}`)).body.entitlements ?? []).toEqual([]);
  });
});

describe('a quote', () => {
  it('is signed for exactly what the contract hashes, at the rate of the provider', async () => {
    await shop.rate('ETH', '3000', '100');
    const { path } = await checkoutOf();
    const { status, body } = await shop.ask(`${path}/quotes`, { token: native });
    expect(status).toBe(201);
    const [quote] = body.quotes as Record<string, string>[];
    expect(quote).toMatchObject({ token: native, tokenCurrency: 'ETH', rate: '3000', rateSource: 'test', spreadBps: '100' });
    // 60.50 / (3000 * 0.99), in wei, rounded up.
    expect(quote!['units']).toBe('20370370370370371');
    const events = await Array.fromAsync(shop.api.service.eventStore.readStream(`demo.slot-${body.seq}`));
    const issued = JSON.parse(events[1]!.data).fin as { terms: { quote: object }; digest: string };
    expect(await hashQuote(shop.on.settlement, issued.terms.quote)).toBe(issued.digest);
  });

  it('[SET-A40] is one price at a time for a token, for whoever asks while it is good', async () => {
    await shop.rate('ETH', '3000');
    const { path } = await checkoutOf();
    const first = await shop.ask(`${path}/quotes`, { token: native });
    await shop.rate('ETH', '3300');
    const second = await shop.ask(`${path}/quotes`, { token: native });
    expect(second.body.quotes).toEqual(first.body.quotes);
    const other = await shop.ask(`${path}/quotes`, { token: native, payer: shop.dollar });
    expect(other.body.quotes).toEqual(first.body.quotes);
    // A quote that a stranger had made for itself keeps nobody else from the price, and from paying.
    const { path: taken } = await checkoutOf();
    const stranger = await shop.ask(`${taken}/quotes`, { token: native, payer: shop.dollar });
    await shop.rate('ETH', '2700');
    const [both] = (await Promise.all([1, 2, 3].map(() => shop.ask(`${taken}/quotes`, { token: native })))) as [typeof stranger];
    const [[held], [anybodys]] = [stranger.body.quotes, both.body.quotes] as [[Record<string, string>], [Record<string, string>]];
    const { units, deadline, rate } = held;
    expect([anybodys, anybodys['digest'] === held['digest']]).toEqual([expect.objectContaining({ units, deadline, rate }), false]);
    const { payer } = shop.on.hands;
    const prepared = await shop.open(`${taken}/payment?token=${native}&payer=${payer.address}`);
    expect(prepared.body).not.toHaveProperty('refusal');
  });

  it('needs a rate that is not too old, of a token that is taken', async () => {
    const { path } = await checkoutOf();
    const unknown = await shop.ask(`${path}/quotes`, { token: `0x${'99'.repeat(20)}` });
    expect(unknown.body.code).toBe('token_not_taken');
    expect((await shop.ask(`${path}/quotes`, { token: misread })).body.code).toBe('token_misconfigured');
    const none = await shop.ask(`${path}/quotes`, { token: shop.dollar });
    expect(none.body).toMatchObject({ code: 'rate_not_found', params: { base: 'USDC', currency: 'EUR' } });
    const at = new Date(Date.now() - 120_000).toISOString();
    const old = { base: 'USDC', currency: 'EUR', rate: '0.92', source: 'test', at, spreadBps: '0', ageSecondsMax: '60' };
    await shop.api.post('/v1/settlement/rates', old);
    expect((await shop.ask(`${path}/quotes`, { token: shop.dollar })).body).toMatchObject({ code: 'rate_stale', params: { at } });
    expect((await shop.ask(`${path}/quotes`, { token: native }, '')).body.code).toBe('idempotency_key_missing');
  });
});

describe('[D13] what is not due any more', () => {
  const titleOf = async (changes: object = {}) => {
    const sale = { onSaleFrom: '2020-01-01T00:00:00.000Z', onSaleUntil: '2099-01-01T00:00:00.000Z' };
    const shown = { startsAt: '2098-01-01T00:00:00.000Z', endsAt: '2098-01-02T00:00:00.000Z' };
    const { body } = await shop.api.post('/v1/titles', { name: 'Final', price: '4.99', currency: 'EUR', ...sale, ...shown, ...changes });
    return body.id as string;
  };
  const refusalAt = async (path: string) => {
    const { status, body } = await shop.ask(`${path}/quotes`, { token: native });
    const { state, over, quotes } = (await shop.open(path)).body;
    return {
      status,
      code: body.code as string,
      params: body.params as object,
      state: state as string,
      over: over as string,
      quotes: quotes as object[],
    };
  };
  const refused = (code: string) => ({ status: 409, code, state: 'released', over: code, quotes: [] });

  beforeAll(() => shop.rate('ETH', '3000'));

  it('is not quoted: an invoice that a bank has paid, whose slot is given up; nor is a quote of before prepared', async () => {
    const unquoted = await checkoutOf('10.00');
    const quoted = await checkoutOf('10.00');
    expect((await shop.ask(`${quoted.path}/quotes`, { token: native }, 'before')).status).toBe(201);
    for (const { account } of [unquoted, quoted])
      await shop.api.post(`/v1/accounts/${account}/payments`, { amount: '10', currency: 'EUR', method: 'bank', reference: account });
    expect(await refusalAt(unquoted.path)).toMatchObject(refused('invoice_paid'));
    expect(await refusalAt(unquoted.path)).toMatchObject({ code: 'slot_closed', state: 'released', over: 'invoice_paid' });
    expect(await refusalAt(quoted.path)).toMatchObject(refused('invoice_paid'));
    const payment = `payment?token=${native}&payer=${shop.on.hands.payer.address}`;
    expect((await shop.open(`${quoted.path}/${payment}`)).body.code).toBe('quote_not_found');
    const holder = await shop.ask(`${quoted.path}/redemptions`, { holder: shop.on.hands.payer.address });
    expect(holder.body.code).toBe('invoice_paid');
    // The same request is answered by what it did.
    expect((await shop.ask(`${quoted.path}/quotes`, { token: native }, 'before')).status).toBe(201);
  });

  it('is not quoted: more than is open of an invoice that was paid in part', async () => {
    const { path, account } = await checkoutOf('10.00');
    await shop.api.post(`/v1/accounts/${account}/payments`, { amount: '4', currency: 'EUR', method: 'bank', reference: account });
    expect(await refusalAt(path)).toMatchObject({ ...refused('amount_exceeds_open'), params: { open: '6.00' } });
  });

  it('is not quoted: a title that is called off, that the account has, or that is over', async () => {
    const { account } = await shop.invoice('10.00');
    const order = async (title: string, heldBy: string) =>
      `/v1/checkouts/${(await shop.api.post(`/v1/accounts/${account}/purchases/checkouts`, { title, heldBy })).body.id}`;
    const off = await titleOf();
    const path = await order(off, 'escrow');
    await shop.api.post(`/v1/titles/${off}/cancellation`, { reason: 'Rain.' });
    expect(await refusalAt(path)).toMatchObject(refused('title_cancelled'));
    const owned = await titleOf();
    const paths = [await order(owned, 'escrow'), await order(owned, 'provider')];
    expect((await shop.api.post(`/v1/accounts/${account}/purchases`, { title: owned })).status).toBe(201);
    for (const each of paths) expect(await refusalAt(each)).toMatchObject(refused('title_already_purchased'));
    const over = await titleOf({ startsAt: '2020-01-01T00:00:00.000Z', endsAt: '2020-01-02T00:00:00.000Z' });
    const late = await shop.api.post(`/v1/accounts/${account}/purchases/checkouts`, { title: over });
    expect(late.body).toMatchObject({ code: 'title_not_on_sale', params: { until: '2020-01-02T00:00:00.000Z' } });
  });
});

const hashQuote = (settlement: Contract, quote: object) => settlement.getFunction('hashQuote')(quote) as Promise<string>;

describe('a payment', () => {
  const prepared = async (path: string, token: string, payer: string) => {
    const { status, body } = await shop.open(`${path}/payment?token=${token}&payer=${payer}`);
    expect([status, body.code]).toEqual([200, undefined]);
    return body;
  };

  it('with coins is one transaction, which cannot be sent twice', async () => {
    await shop.rate('ETH', '3000');
    const { payer, treasury } = shop.on.hands;
    const { path } = await checkoutOf();
    await shop.ask(`${path}/quotes`, { token: native });
    const { ways, needs, refusal, quote } = await prepared(path, native, payer.address);
    expect([ways.length, ways[0].method, needs.map(({ isEnough }: { isEnough: boolean }) => isEnough), refusal]).toEqual([
      1,
      'native',
      [true, true],
      undefined,
    ]);
    expect(quote.eip681).toBe(`ethereum:${ways[0].transactions[0].to}@31337?value=${quote.units}&data=${ways[0].transactions[0].data}`);
    const before = await shop.on.chain.provider.getBalance(treasury.address);
    const tx = await sendFrom(payer, ways[0].transactions[0]);
    expect((await shop.on.chain.provider.getBalance(treasury.address)) - before).toBe(BigInt(quote.units));
    expect(await paid(path)).toBe(true);
    expect((await shop.open(`${path}?tx=${tx}`)).body).toMatchObject({ state: 'seen', transaction: { state: 'included' } });
    const again = await prepared(path, native, payer.address);
    expect(again.refusal).toEqual({
      code: 'ProviderSettlementAlreadySettled',
      text: 'This is paid already, or was cancelled. It cannot be paid twice.',
    });
  });

  it('that reverted says why', async () => {
    await shop.rate('ETH', '3000');
    const { path } = await checkoutOf();
    await shop.ask(`${path}/quotes`, { token: native });
    const { payer, other } = shop.on.hands;
    const { ways } = await prepared(path, native, payer.address);
    const [pay] = ways[0].transactions;
    const tx = await sendFrom(other, { ...pay, value: '0x1' }, 500_000n);
    expect((await shop.open(`${path}?tx=${tx}`)).body).toMatchObject({
      state: 'reverted',
      transaction: {
        state: 'reverted',
        refusal: { code: 'ProviderSettlementWrongValue', text: 'The amount sent is not the amount of the quote. Nothing was paid.' },
      },
    });
    expect((await shop.open(`${path}?tx=0x${'77'.repeat(32)}`)).body).toMatchObject({
      state: 'waiting',
      transaction: { state: 'unknown' },
    });
  });

  it('in a token is a signature of EIP-2612 and one transaction, or an exact allowance and one', async () => {
    await shop.rate('USDC', '0.92');
    const { payer } = shop.on.hands;
    for (const method of ['permit', 'authorization', 'allowance'] as const) {
      const { path } = await checkoutOf();
      await shop.ask(`${path}/quotes`, { token: shop.dollar });
      const { ways, refusal } = await prepared(path, shop.dollar, payer.address);
      expect(refusal).toBeUndefined();
      const way = ways.find((each: { method: string }) => each.method === method);
      if (method === 'allowance') {
        expect(way.transactions).toHaveLength(2);
        for (const each of way.transactions) await sendFrom(payer, each);
      } else {
        const { EIP712Domain: _, ...types } = way.sign.types;
        const signature = await payer.signTypedData(way.sign.domain, types, way.sign.message);
        const query = `token=${shop.dollar}&payer=${payer.address}&method=${method}&signature=${signature}`;
        const { body } = await shop.open(`${path}/signed-payment?${query}`);
        expect(body.refusal).toBeUndefined();
        await sendFrom(payer, body.transaction);
        expect(await paid(path)).toBe(true);
      }
      expect([method, await paid(path)]).toEqual([method, true]);
    }
  });

  it('of a title is held by the escrow for its event, where the order asks for that', async () => {
    await shop.rate('ETH', '3000');
    const { payer } = shop.on.hands;
    const { account } = await shop.invoice('10.00');
    const endsAt = new Date(Date.now() + 86_400_000).toISOString();
    const title = {
      ...{ name: 'Final', price: '4.99', currency: 'EUR', onSaleFrom: '2020-01-01T00:00:00.000Z', onSaleUntil: '2099-01-01T00:00:00.000Z' },
      ...{ startsAt: '2020-01-01T00:00:00.000Z', endsAt },
    };
    const { id } = (await shop.api.post('/v1/titles', title)).body as { id: string };
    const order = (await shop.api.post(`/v1/accounts/${account}/purchases/checkouts`, { title: id, heldBy: 'escrow' })).body;
    const { seq, providerId, escrow, contract } = order.events[0].data;
    expect([contract, escrow.captureAfter]).toEqual([shop.chain.contracts.escrow, String(Math.ceil(Date.parse(endsAt) / 1000))]);
    const path = `/v1/checkouts/${order.id}`;
    expect((await shop.open(path)).body).toMatchObject({ module: 'escrow', kind: 'title', title: 'Final' });
    await shop.ask(`${path}/quotes`, { token: native });
    const { ways, refusal } = await prepared(path, native, payer.address);
    expect(refusal).toBeUndefined();
    await sendFrom(payer, ways[0].transactions[0]);
    const held = new Contract(contract, ppvEscrowAbi, shop.on.chain.provider);
    expect(await held.getFunction('purchaseOf')(providerId, escrow.eventId, native, seq)).toEqual([payer.address, 1_663_333_333_333_334n]);
    expect((await prepared(path, native, payer.address)).refusal.code).toBe('PpvEscrowAlreadyPurchased');
  });

  it('in a token goes by Permit2 for a wallet that has allowed the token to it', async () => {
    await shop.rate('USDC', '0.92');
    const { payer } = shop.on.hands;
    await (await shop.on.dollar.connect(payer).getFunction('approve')(shop.on.permit2, 2n ** 255n)).wait();
    for (let payment = 0; payment < 2; payment++) {
      const { path } = await checkoutOf();
      await shop.ask(`${path}/quotes`, { token: shop.dollar });
      const { ways } = await prepared(path, shop.dollar, payer.address);
      const { sign } = ways.find((each: { method: string }) => each.method === 'permit2');
      const { EIP712Domain: _, ...types } = sign.types;
      const signature = await payer.signTypedData(sign.domain, types, sign.message);
      const query = `token=${shop.dollar}&payer=${payer.address}&method=permit2&signature=${signature}&nonce=${sign.message.nonce}`;
      const { body } = await shop.open(`${path}/signed-payment?${query}`);
      expect([sign.message.nonce, body.refusal]).toEqual([String(payment), undefined]);
      await sendFrom(payer, body.transaction);
      expect(await paid(path)).toBe(true);
    }
  });

  it('names what is short: the amount, the fee, or nothing but the allowance', async () => {
    await shop.rate('USDC', '0.92');
    await shop.rate('ETH', '3000');
    const { stranger } = shop.on.hands;
    const { path } = await checkoutOf();
    for (const token of [shop.dollar, native]) await shop.ask(`${path}/quotes`, { token });
    expect((await prepared(path, shop.dollar, stranger.address)).refusal).toEqual({
      code: 'balance_short',
      text: 'The wallet holds too little to pay the amount: 0.000000 USDC, and 65.760870 USDC are needed.',
    });
    await shop.on.chain.provider.send('anvil_setBalance', [stranger.address, '0x1']);
    expect((await prepared(path, native, stranger.address)).refusal).toMatchObject({ code: 'balance_short' });
    const { quote } = await prepared(path, native, stranger.address);
    await shop.on.chain.provider.send('anvil_setBalance', [stranger.address, `0x${(BigInt(quote.units) + 1n).toString(16)}`]);
    expect((await prepared(path, native, stranger.address)).refusal).toMatchObject({ code: 'gas_short' });
  });

  it('is looked for when the wallet sent another in its place', async () => {
    await shop.rate('ETH', '3000');
    const { payer } = shop.on.hands;
    const { provider } = shop.on.chain;
    const { path } = await checkoutOf();
    await shop.ask(`${path}/quotes`, { token: native });
    const { to, value, data } = (await prepared(path, native, payer.address)).ways[0].transactions[0];
    const seen = async (tx: string) => {
      const { transaction } = (await shop.open(`${path}?tx=${tx}`)).body as { transaction: Record<string, string> };
      expect(transaction['state']).toBe('pending');
      const { from, nonce, call, height } = transaction;
      return `${path}?${new URLSearchParams({ tx, from: from!, nonce: nonce!, call: call!, height: height! }).toString()}`;
    };
    const fees = (gwei: bigint) => ({ maxFeePerGas: gwei * 10n ** 9n, maxPriorityFeePerGas: gwei * 10n ** 9n });
    const sentWith = async (nonce: number, gwei: bigint, changes: object = {}) =>
      (await payer.sendTransaction({ to, value, data, nonce, gasLimit: 300_000n, ...fees(gwei), ...changes })).hash;
    await provider.send('evm_setAutomine', [false]);
    try {
      const nonce = await payer.getNonce();
      const dropped = await seen(await sentWith(nonce, 3n));
      await provider.send('anvil_dropAllTransactions', []);
      expect((await shop.open(dropped)).body).toMatchObject({ state: 'dropped', transaction: { state: 'dropped' } });

      const cancelled = await seen(await sentWith(nonce, 4n));
      const nothing = await sentWith(nonce, 9n, { to: payer.address, value: 0n, data: '0x' });
      await provider.send('anvil_mine', ['0x1']);
      expect((await shop.open(cancelled)).body).toMatchObject({ state: 'cancelled', transaction: { by: nothing } });

      const replaced = await seen(await sentWith(nonce + 1, 3n));
      const other = await sentWith(nonce + 1, 9n, { to: shop.on.hands.other.address, value: 1n, data: '0x' });
      await provider.send('anvil_mine', ['0x1']);
      expect((await shop.open(replaced)).body).toMatchObject({ state: 'replaced', transaction: { by: other } });

      const slow = await seen(await sentWith(nonce + 2, 3n));
      const fast = await sentWith(nonce + 2, 9n);
      await provider.send('anvil_mine', ['0x1']);
      expect((await shop.open(slow)).body).toMatchObject({ state: 'seen', transaction: { state: 'included', by: fast } });
    } finally {
      await provider.send('evm_setAutomine', [true]);
    }
  });

  it('of an account that runs the code of a contract needs a signature that this code takes; a known sweeper is named', async () => {
    await shop.rate('USDC', '0.92');
    const { payer } = shop.on.hands;
    const { provider } = shop.on.chain;
    const { path } = await checkoutOf();
    await shop.ask(`${path}/quotes`, { token: shop.dollar });
    const signedWith = async (text: string) => {
      const { ways } = await prepared(path, shop.dollar, payer.address);
      const { sign } = ways.find((each: { method: string }) => each.method === 'authorization');
      const { EIP712Domain: _, ...types } = sign.types;
      const signature = await payer.signTypedData(sign.domain, types, sign.message);
      return (await shop.open(`${path}/signed-payment?token=${shop.dollar}&payer=${payer.address}&method=${text}&signature=${signature}`))
        .body;
    };
    expect((await prepared(path, shop.dollar, payer.address)).account).toEqual({ kind: 'key' });
    // A delegate without code takes no signature.
    await provider.send('anvil_setCode', [payer.address, `0xef0100${sweeper.slice(2)}`]);
    try {
      expect((await prepared(path, shop.dollar, payer.address)).account).toEqual({ kind: 'delegated', delegate: sweeper, isSweeper: true });
      expect((await signedWith('authorization')).refusal.code).toBe('signature_not_taken');
    } finally {
      await provider.send('anvil_setCode', [payer.address, '0x']);
    }
    expect((await signedWith('authorization')).refusal).toBeUndefined();
  });

  it('is followed by server-sent events', async () => {
    const { path } = await checkoutOf();
    const stop = new AbortController();
    const response = await fetch(`${shop.api.service.url}${path}/events`, { signal: stop.signal });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('\n\n')) text += (await reader.read()).value ?? '';
    expect(text).toContain('event: checkout');
    expect(JSON.parse(/data: (.*)/.exec(text)![1] as string)).toMatchObject({ state: 'waiting' });
    stop.abort();
  });

  it('is followed by so many at a time, and everybody else still gets its state', async () => {
    const { path } = await checkoutOf();
    const stop = new AbortController();
    const follow = () => fetch(`${shop.api.service.url}${path}/events`, { signal: stop.signal });
    expect([(await follow()).status, (await follow()).status]).toEqual([200, 200]);
    const refused = await follow();
    expect([refused.status, refused.headers.get('retry-after'), ((await refused.json()) as { code: string }).code]).toEqual([
      429,
      '10',
      'too_many_requests',
    ]);
    expect((await shop.open(path)).body).toMatchObject({ state: 'waiting' });
    stop.abort();
    for (let status = 429; status !== 200;) {
      const next = new AbortController();
      ({ status } = await fetch(`${shop.api.service.url}${path}/events`, { signal: next.signal }));
      next.abort();
    }
  });

  it('asks the chain only so often for one link, whatever is posted, and the books are shown all the same', async () => {
    const { path } = await checkoutOf();
    // Far more than come free again while they are answered, however slow that is.
    const named = Array.from({ length: 300 }, (_, number) => shop.open(`${path}?tx=0x${number.toString(16).padStart(64, '0')}`));
    const answers = await Promise.all(named);
    const refused = answers.filter(({ status }) => status === 429);
    expect([refused.length > 0, refused.length < 300]).toEqual([true, true]);
    expect(refused[0]).toMatchObject({ body: { code: 'too_many_requests' } });
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await shop.open(path)).body).toMatchObject({ state: 'waiting' });
  });

  it('is malformed with a signature or a number that no key and no contract knows', async () => {
    await shop.rate('USDC', '0.92');
    const { path } = await checkoutOf();
    await shop.ask(`${path}/quotes`, { token: shop.dollar });
    const of = async (method: string, signature: string, nonce = '0') => {
      const query = new URLSearchParams({ token: shop.dollar, payer: shop.on.hands.payer.address, method, signature, nonce });
      const { status, body } = await shop.open(`${path}/signed-payment?${query.toString()}`);
      return [status, body.code, body.params?.errors?.[0]?.field];
    };
    const malformed = (field: string) => [400, 'query_invalid', field];
    expect(await of('permit', `0x${'11'.repeat(66)}`)).toEqual(malformed('signature'));
    expect(await of('permit', `0x${'ff'.repeat(65)}`)).toEqual(malformed('signature'));
    expect(await of('permit2', `0x${'11'.repeat(65)}`, (2n ** 256n).toString())).toEqual(malformed('nonce'));
    expect(await of('permit2', `0x${'11'.repeat(65)}`, (2n ** 256n - 1n).toString())).toEqual([200, undefined, undefined]);
  });
});

/** What a wallet would send for a quote, with its parts, so that a test can send something else. */
async function payable(path: string, token: string) {
  await shop.ask(`${path}/quotes`, { token });
  const { body } = await shop.open(`${path}/payment?token=${token}&payer=${shop.on.hands.payer.address}`);
  const { transactions } = (body.ways as { method: string; transactions: { to: string; value: string; data: string }[] }[]).find(
    ({ method }) => method === (token === native ? 'native' : 'allowance'),
  )!;
  const pay = transactions.at(-1)!;
  const parsed = shop.on.settlement.interface.parseTransaction(pay)!;
  const [quote, signer, signature] = parsed.args as unknown as [{ readonly deadline: bigint; readonly amount: bigint }, string, string];
  return { allow: transactions.slice(0, -1), pay, quote, signer, signature };
}

/** Sends it however it looks to a wallet, and reads at the checkout what became of it. */
async function refused(path: string, transaction: { to: string; value: string; data: string }) {
  const { payer, treasury } = shop.on.hands;
  const held = async () => [
    await shop.on.chain.provider.getBalance(treasury.address),
    await shop.on.dollar.getFunction('balanceOf')(treasury.address),
  ];
  const before = await held();
  const tx = await sendFrom(payer, transaction, 500_000n);
  const { body } = await shop.open(`${path}?tx=${tx}`);
  expect([body.state, body.transaction.state, await paid(path), await held()]).toEqual(['reverted', 'reverted', false, before]);
  return body.transaction.refusal as { readonly code: string; readonly text: string };
}

// The last payments of this file: the chain's clock is ahead of ours after the one that comes late.
describe('[D13] a payment that is not what was quoted reverts, the checkout says why, and the slot stays open and payable', () => {
  it.each([
    ['under', -1n],
    ['over', 1n],
  ] as const)('[D13] %s the amount', async (_, more) => {
    await shop.rate('ETH', '3000');
    const { path } = await checkoutOf();
    const { pay, quote } = await payable(path, native);
    expect(await refused(path, { ...pay, value: toBeHex(quote.amount + more) })).toEqual({
      code: 'ProviderSettlementWrongValue',
      text: 'The amount sent is not the amount of the quote. Nothing was paid.',
    });
    await sendFrom(shop.on.hands.payer, pay);
    expect(await paid(path)).toBe(true);
  });

  it('[D13] in the wrong asset: coins for a quote in a token', async () => {
    await shop.rate('USDC', '0.92');
    const { path } = await checkoutOf();
    const { allow, pay, quote, signer, signature } = await payable(path, shop.dollar);
    const data = shop.on.settlement.interface.encodeFunctionData('payNative', [quote, signer, signature]);
    expect(await refused(path, { ...pay, data, value: toBeHex(quote.amount) })).toEqual({
      code: 'ProviderSettlementWrongToken',
      text: 'This quote is paid in another way: the native coin and tokens take different calls.',
    });
    for (const each of [...allow, pay]) await sendFrom(shop.on.hands.payer, each);
    expect(await paid(path)).toBe(true);
  });

  it('[D13] in the wrong asset: a token that the provider does not take any more', async () => {
    await shop.rate('USDC', '0.92');
    const { path } = await checkoutOf();
    const { providerId } = await slotOf(path);
    const { allow, pay } = await payable(path, shop.dollar);
    for (const each of allow) await sendFrom(shop.on.hands.payer, each);
    const takes = (isAllowed: boolean) =>
      sent(shop.on.registry, shop.on.hands.providerAdmin, 'setToken', providerId, shop.dollar, isAllowed, 6);
    await takes(false);
    try {
      expect(await refused(path, pay)).toEqual({
        code: 'ProviderRegistryTokenNotAllowed',
        text: 'The provider does not take this token.',
      });
    } finally {
      await takes(true);
    }
    await sendFrom(shop.on.hands.payer, pay);
    expect(await paid(path)).toBe(true);
  });

  it('[D13] late', async () => {
    await shop.rate('USDC', '0.92');
    const at = new Date().toISOString();
    await shop.api.post('/v1/settlement/rates', {
      ...{ base: 'ETH', currency: 'EUR', rate: '3000', source: 'test', at, spreadBps: '0', quoteSeconds: '300' },
    });
    const { path } = await checkoutOf();
    const { pay, quote } = await payable(path, native);
    await shop.on.chain.provider.send('evm_setNextBlockTimestamp', [toBeHex(quote.deadline)]);
    expect(await refused(path, pay)).toEqual({
      code: 'ProviderSettlementQuoteExpired',
      text: 'The quote is over. Nothing was paid; ask for a new one.',
    });
    // At once in another token, whose quotes last longer.
    const other = await payable(path, shop.dollar);
    for (const each of [...other.allow, other.pay]) await sendFrom(shop.on.hands.payer, each);
    expect(await paid(path)).toBe(true);
  });
});

describe('terms', () => {
  it('[D15] are bound to the quote, and found by their hash by anybody, who can compute it', async () => {
    const terms = {
      ...{ offer: 'tv', version: '1', price: { amount: '60.50', currency: 'EUR', cycle: 'month' }, refunds: 'None.' },
      slaCredits: [{ availabilityBelow: '99.5', creditPercent: '10' }],
    };
    const { id: hash } = (await shop.api.post('/v1/terms', terms)).body as { id: string };
    const { body } = await shop.open(`/v1/logs/demo/terms/${hash}`);
    expect(keccak256(toUtf8Bytes(canonicalJson(body.document)))).toBe(hash);
    const { invoice } = await shop.invoice('60.50');
    const opened = (await shop.api.post(`/v1/invoices/${invoice}/checkouts`, { terms: hash })).body;
    expect(opened.events[0].data.termsHash).toBe(hash);
    expect((await shop.open(`/v1/checkouts/${opened.id}`)).body.terms).toBe(hash);
    expect((await shop.open(`/v1/logs/other/terms/${hash}`)).body.code).toBe('terms_not_found');
  });

  it('[D15] are refused for a title of another price, and for what is billed in another currency', async () => {
    const { invoice, account } = await shop.invoice('60.50');
    const publish = async (amount: string, currency: string, cycle: string) => {
      const document = { offer: 'ppv', version: '1', price: { amount, currency, cycle }, refunds: 'None.' };
      return (await shop.api.post('/v1/terms', document)).body.id as string;
    };
    const sale = { onSaleFrom: '2020-01-01T00:00:00.000Z', onSaleUntil: '2098-01-01T00:00:00.000Z' };
    const event = { startsAt: '2098-01-01T00:00:00.000Z', endsAt: '2098-01-02T00:00:00.000Z' };
    const listed = await shop.api.post('/v1/titles', { name: 'Final', price: '9.99', currency: 'EUR', ...sale, ...event });
    const of = async (path: string, body: object) => {
      const answer = await shop.api.post(path, body);
      return [answer.status, answer.body.code as string | undefined];
    };
    const title = { title: listed.body.id as string };
    const order = `/v1/accounts/${account}/purchases/checkouts`;
    const [cheaper, same, monthly, dollars] = [
      await publish('4.99', 'EUR', 'once'),
      await publish('9.99', 'EUR', 'once'),
      await publish('4.99', 'EUR', 'month'),
      await publish('60.50', 'USD', 'month'),
    ];
    expect(await of(order, { ...title, terms: cheaper })).toEqual([409, 'terms_contradict']);
    expect(await of(order, { ...title, terms: dollars })).toEqual([409, 'terms_contradict']);
    expect(await of(order, { ...title, terms: same })).toEqual([201, undefined]);
    expect(await of(order, { ...title, terms: monthly })).toEqual([201, undefined]);
    expect(await of(`/v1/invoices/${invoice}/checkouts`, { terms: dollars })).toEqual([409, 'terms_contradict']);
    const terms = { offer: 'tv', version: '9', price: { amount: '50.00', currency: 'EUR', cycle: 'month' }, refunds: 'None.' };
    const less = (await shop.api.post('/v1/terms', terms)).body.id as string;
    const { body: said } = await shop.api.post(`/v1/invoices/${invoice}/checkouts`, { terms: less });
    expect(said).toMatchObject({
      code: 'terms_contradict',
      params: { terms: less, differs: 'price', said: '1 x 50.00', billed: '60.50' },
    });
  });
});
