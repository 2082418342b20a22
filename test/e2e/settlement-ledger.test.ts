import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { envelopeOf } from '../../services/commands/application/envelope.ts';
import type { Currency } from '../../services/money/currency.ts';
import { add, amountText, type Money, zero } from '../../services/money/money.ts';
import { type Posting, signedAmount } from '../../services/money/posting.ts';
import { createPool } from '../../services/read-store/pool.ts';
import { IssueQuote } from '../../services/settlement/application/quoting/issue-quote.handler.ts';
import { SetRate } from '../../services/settlement/application/quoting/set-rate.handler.ts';
import type { SettlementChain } from '../../services/settlement/application/settlement-chain.ts';
import { type ChainEffect, settlementId } from '../../services/settlement/domain/chain-effect.ts';
import type { RefundOrdered } from '../../services/settlement/domain/dispatch.events.ts';
import type { Offer, Quote } from '../../services/settlement/domain/quote.ts';
import { zeroAddress } from '../../services/settlement/domain/quote.ts';
import { HttpLogSource } from '../../verifier/source/http.log-source.ts';
import { verifyLog } from '../../verifier/verify.ts';
import { type Answer, startTestService, type TestService } from '../support/service.ts';

/* The books of payments on chain in the whole service. No chain is asked: what a watcher would tell is told here. */

const [settlement, escrow] = [`0x${'a1'.repeat(20)}`, `0x${'e5'.repeat(20)}`];
const [payer, treasury] = [`0x${'ab'.repeat(20)}`, `0x${'fe'.repeat(20)}`];
const chain: SettlementChain = {
  ...{ chainId: '31337', rpcUrls: ['http://127.0.0.1:1'], codeHashes: {}, deploymentBlock: 0n },
  contracts: { registry: `0x${'b2'.repeat(20)}`, settlement, escrow },
  tokens: [{ address: zeroAddress, currency: 'ETH', decimals: 18 }],
  profile: { finality: 'tag', realMoney: false, confirmations: [{ blocks: 2 }] },
};
let api: TestService;
let txs = 0;

beforeAll(async () => {
  api = await startTestService({ settlementChains: [chain] });
  await api.post('/v1/settlement', { legalName: 'Demo Stream GmbH' });
  await commanded(
    'SetRate',
    (envelope) =>
      new SetRate(envelope, {
        ...{
          base: 'ETH',
          currency: 'EUR',
          rate: '3000',
          source: 'test',
          at: new Date(Date.now() - 60_000).toISOString(),
          spreadBps: '100',
        },
        ...{ ageSecondsMax: '3600', quoteSeconds: '600' },
      }),
  );
}, 120_000);
afterAll(() => api.close());

async function commanded(name: string, commandOf: (envelope: ReturnType<typeof envelopeOf>) => SetRate | IssueQuote): Promise<void> {
  const envelope = envelopeOf({
    provider: 'demo',
    actor: { id: 'test', type: 'process' },
    key: `${name} ${txs++}`,
    command: name,
    body: { name },
  });
  const outcome = await api.service.commands.execute(commandOf(envelope));
  if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
}

/** Opens a checkout and quotes it; answers the terms as they were signed. */
async function quoted(path: string, body: object): Promise<{ readonly seq: string; readonly terms: { quote: Quote; offer: Offer } }> {
  const opened: Answer = await api.post(path, body);
  if (opened.status !== 201) throw new Error(JSON.stringify(opened.body));
  const { seq } = opened.body.events[0].data as { seq: string };
  await commanded('IssueQuote', (envelope) => new IssueQuote(envelope, { seq, token: zeroAddress, payer: zeroAddress }));
  const events = await Array.fromAsync(api.service.eventStore.readStream(`demo.slot-${seq}`));
  return { seq, terms: JSON.parse(events[1]!.data).fin.terms as { quote: Quote; offer: Offer } };
}

const blockAt = (number: number, fork = 'a') => {
  return { number: String(number), hash: `0x${fork.repeat(60)}${String(number).padStart(4, '0')}`, time: new Date().toISOString() };
};

function settledBy({ quote }: { readonly quote: Quote }, block = blockAt(10)): ChainEffect {
  const { providerId, seq, invoiceRef, kind, token, amount, currency, fiatMinor } = quote;
  const place = { chainId: '31337', contract: settlement, module: 'settlement', providerId, block, logIndex: '0' } as const;
  const terms = { seq, invoiceRef, kind, token, amount, currency, fiatMinor };
  const log = { name: 'Settled' as const, payer, method: '1', fee: '0', treasury, ...terms };
  return { ...place, tx: `0x${seq.padStart(64, '7')}`, effect: 'slot', key: seq, log };
}

function onEscrow(effect: ChainEffect['effect'], key: string, offer: Offer, log: object, block: number): ChainEffect {
  const place = {
    chainId: '31337',
    contract: escrow,
    module: 'escrow',
    providerId: offer.providerId,
    block: blockAt(block),
    logIndex: '0',
  };
  return { ...place, tx: `0x${(txs++).toString(16).padStart(64, '5')}`, effect, key, log } as unknown as ChainEffect;
}

const bought = (offer: Offer) => {
  const { eventId, seq, token, amount, ref } = offer;
  return onEscrow('slot', seq, offer, { name: 'Purchased', eventId, payer, seq, token, amount, ref }, 20);
};

const ledger = () => api.service.settlementLedger;
const take = (effect: ChainEffect, head: bigint, finalized: bigint) => ledger().take(effect, { head, finalized });

/** Balances by the specification alone: the sum of every posting in the log, debits minus credits. What nets to zero is left out. */
async function balances(): Promise<Readonly<Record<string, string>>> {
  const sums = new Map<string, Money>();
  for await (const { data } of api.service.eventStore.readAll()) {
    for (const line of (JSON.parse(data).fin?.postings ?? []) as Posting[]) {
      const key = `${line.account} ${line.currency}`;
      sums.set(key, add(sums.get(key) ?? zero(line.currency as Currency), signedAmount(line)));
    }
  }
  return Object.fromEntries([...sums].flatMap(([key, money]) => (money.amount === 0n ? [] : [[key, amountText(money)]])));
}

const head = async () => String((await api.service.eventStore.head()).position);

/** Waits until a read model shows what a process makes of the events. */
async function until<Value>(look: () => Promise<Value>, isSo: (value: Value) => boolean): Promise<Value> {
  for (let attempt = 0; ; attempt++) {
    const value = await look();
    if (isSo(value) || attempt === 400) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function accountWith(billing: 'prepaid' | 'postpaid'): Promise<string> {
  return (await api.post('/v1/accounts', { billing, currency: 'EUR', creditLimit: '10000' })).body.id as string;
}

async function invoiceOver(amount: string) {
  const account = await accountWith('postpaid');
  await api.post(`/v1/accounts/${account}/charges`, { amount, currency: 'EUR', product: 'tv', description: 'TV' });
  const { id } = (await api.post(`/v1/accounts/${account}/invoices`, { dueOn: '2099-12-31' })).body as { id: string };
  await shown(id, ({ document }) => document !== undefined);
  return { account, invoice: id };
}

const shown = (invoice: string, isSo: (body: Readonly<Record<string, unknown>>) => boolean) =>
  until(async () => (await api.get(`/v1/invoices/${invoice}?after=${await head()}`)).body, isSo);

const watched = async (account: string) => {
  const { body } = await api.get(`/v1/accounts/${account}/entitlements?at=2098-01-01T20:30:00.000Z&after=${await head()}`);
  return (body.entitlements as { title: string }[]).map(({ title }) => title);
};

async function titleListed(): Promise<string> {
  const sale = { onSaleFrom: '2020-01-01T00:00:00.000Z', onSaleUntil: '2097-01-01T00:00:00.000Z' };
  const event = { startsAt: '2098-01-01T20:00:00.000Z', endsAt: '2098-01-01T22:00:00.000Z', graceMinutes: '15' };
  return (await api.post('/v1/titles', { name: 'Final', price: '9.99', currency: 'EUR', ...sale, ...event })).body.id as string;
}

describe('a payment of an invoice', () => {
  it('[D13] [D14] is seen, confirmed, lost, seen again and final; the invoice is paid by its transaction, and nothing is left pending', async () => {
    const { account, invoice } = await invoiceOver('60.50');
    const { terms } = await quoted(`/v1/invoices/${invoice}/checkouts`, {});
    const effect = settledBy(terms);
    expect(await take(effect, 10n, 5n)).toBe('observed');
    expect(await take(effect, 11n, 5n)).toBe('confirmed');
    await ledger().reorged(effect);
    await ledger().reorged(effect);
    const fork = settledBy(terms, blockAt(11, 'b'));
    expect(await take(fork, 12n, 5n)).toBe('confirmed');
    await ledger().reorged(fork);
    expect([await take(effect, 12n, 5n), await take(effect, 20n, 10n), await take(effect, 21n, 11n)]).toEqual([
      'confirmed',
      'finalized',
      'finalized',
    ]);
    const paid = await shown(invoice, ({ open }) => open === '0.00');
    expect(paid).toMatchObject({ paid: '60.50', open: '0.00', settlements: [{ tx: effect.tx, standing: 'finalized', amount: '60.50' }] });
    const books = await balances();
    expect(books[`liability:payment-pending:${account} EUR`]).toBeUndefined();
    expect(books['asset:crypto:in-transit:31337 EUR']).toBeUndefined();
    const stream = `demo.settlement-${settlementId(effect)}`;
    const types = (await Array.fromAsync(api.service.eventStore.readStream(stream))).map(({ type }) => type.split('/')[0]);
    const [seen, lost] = [['SettlementObserved', 'SettlementConfirmed'], 'SettlementReorged'];
    expect(types).toEqual([...seen, lost, ...seen, lost, ...seen, 'SettlementFinalized']);
  });

  it('[SET-A27] under a quote that the ledger never issued is in suspense, until staff say whose it is', async () => {
    const { account, invoice } = await invoiceOver('10.00');
    const { terms } = await quoted(`/v1/invoices/${invoice}/checkouts`, {});
    const minted = settledBy({ quote: { ...terms.quote, fiatMinor: '99999999' } });
    expect(await take(minted, 20n, 10n)).toBe('finalized');
    const id = settlementId(minted);
    const listed = await api.get(`/v1/settlements?standing=unmatched&after=${await head()}`);
    expect(listed.body.settlements).toEqual([expect.objectContaining({ settlement: id, reason: 'quote_unknown' })]);
    expect(await shown(invoice, () => true)).toMatchObject({ paid: '0.00' });
    const given = { account, reason: 'the payer wrote from this address' };
    const allocated = await api.post(`/v1/settlements/${id}/allocation`, given);
    expect([allocated.status, allocated.body.events[0].data.amount]).toEqual([201, '10.10']);
    expect((await api.post(`/v1/settlements/${id}/allocation`, given)).body.code).toBe('receipt_already_allocated');
    const wallet = await until(
      async () => (await balances())[`liability:wallet:${account}:overpaid EUR`],
      (held) => held !== undefined,
    );
    expect(wallet).toBe('-10.10');
    expect((await balances())['liability:suspense ETH']).toBeUndefined();
  });

  it('leaves the invoice payable in another slot, when it closed the slot under a quote that is not known', async () => {
    const { invoice } = await invoiceOver('10.00');
    const { seq, terms } = await quoted(`/v1/invoices/${invoice}/checkouts`, {});
    const taken = settledBy({ quote: { ...terms.quote, fiatMinor: '77' } });
    await take(taken, 20n, 5n);
    expect((await api.post(`/v1/invoices/${invoice}/checkouts`, {})).body.events[0].data.seq).toBe(seq);
    await take(taken, 20n, 10n);
    const next = await quoted(`/v1/invoices/${invoice}/checkouts`, {});
    expect(BigInt(next.seq)).toBeGreaterThan(BigInt(seq));
    expect(await take(settledBy(next.terms), 20n, 10n)).toBe('finalized');
    expect(await shown(invoice, ({ open }) => open === '0.00')).toMatchObject({ paid: '10.00', open: '0.00' });
  });

  it('passes over numbers whose slots a chain has closed, and whose events are lost', async () => {
    const { invoice } = await invoiceOver('10.00');
    const { seq, terms } = await quoted(`/v1/invoices/${invoice}/checkouts`, {});
    const pool = createPool({ url: api.ownerUrl });
    await pool.query(
      `insert into tallyroot.settlement_watch_cursor
         (chain_id, contract, module, observed_number, observed_hash, finalized_number, finalized_hash)
       values ('31337', $1, 'settlement', 9, '0x09', 9, '0x09')`,
      [settlement],
    );
    for (const after of [1n, 2n])
      await pool.query(
        `insert into tallyroot.settlement_watch_log (chain_id, contract, provider_id, effect, key, block_number, block_hash, tx, log_index, log)
         values ('31337', $1, $2, 'slot', $3::text, 5, '0xb5', '0xc1', $3::text::integer, '{}')`,
        [settlement, terms.quote.providerId, String(BigInt(seq) + after)],
      );
    await pool.end();
    const other = await invoiceOver('12.00');
    const headers = { 'idempotency-key': 'lost-numbers' };
    const path = `/v1/invoices/${other.invoice}/checkouts`;
    const opened = await api.post(path, {}, headers);
    expect(opened.body.events[0].data).toMatchObject({ seq: String(BigInt(seq) + 3n), purpose: { instalment: '1' } });
    const again = await api.post(path, {}, headers);
    expect([again.status, again.body.id, again.headers.get('idempotent-replayed')]).toEqual([201, opened.body.id, 'true']);
    expect((await api.post(path, {})).body.id).toBe(opened.body.id);
  });

  it('is ignored where the provider on chain is none of ours', async () => {
    const { invoice } = await invoiceOver('10.00');
    const { terms } = await quoted(`/v1/invoices/${invoice}/checkouts`, {});
    expect(await take({ ...settledBy(terms), providerId: '1' }, 20n, 10n)).toBe('ignored');
  });

  it('stops the watcher where a contract did twice what it can do once', async () => {
    const { invoice } = await invoiceOver('10.00');
    const { terms } = await quoted(`/v1/invoices/${invoice}/checkouts`, {});
    const effect = settledBy(terms);
    await take(effect, 10n, 5n);
    await expect(take({ ...effect, tx: `0x${'99'.repeat(32)}` }, 10n, 5n)).rejects.toMatchObject({
      code: 'settlement_key_taken',
    });
  });
});

describe('a title that is paid on chain', () => {
  it('[A12] may be watched when the payment is confirmed, not before, and not after its block is gone', async () => {
    const [account, title] = [await accountWith('prepaid'), await titleListed()];
    const { terms } = await quoted(`/v1/accounts/${account}/purchases/checkouts`, { title });
    const effect = settledBy(terms);
    await take(effect, 10n, 5n);
    expect(await watched(account)).toEqual([]);
    await take(effect, 11n, 5n);
    expect(
      await until(
        () => watched(account),
        (titles) => titles.length > 0,
      ),
    ).toEqual([title]);
    await ledger().reorged(effect);
    expect(
      await until(
        () => watched(account),
        (titles) => titles.length === 0,
      ),
    ).toEqual([]);
    await take(effect, 20n, 10n);
    expect(
      await until(
        () => watched(account),
        (titles) => titles.length > 0,
      ),
    ).toEqual([title]);
    const owed = async () => (await balances())[`liability:payment-pending:${account} EUR`];
    expect(await until(owed, (open) => open === undefined)).toBeUndefined();
    expect((await balances())[`asset:receivable:${account} EUR`]).toBeUndefined();
  });

  it('[A18] goes back to every buyer when its event is cancelled: purchases and reversals net to zero', async () => {
    const title = await titleListed();
    const buyers = [await accountWith('prepaid'), await accountWith('prepaid')];
    const offers: Offer[] = [];
    for (const buyer of buyers) {
      const { terms } = await quoted(`/v1/accounts/${buyer}/purchases/checkouts`, { title, heldBy: 'escrow' });
      offers.push(terms.offer);
      expect(await take(bought(terms.offer), 30n, 20n)).toBe('finalized');
      expect(
        await until(
          () => watched(buyer),
          (titles) => titles.length > 0,
        ),
      ).toEqual([title]);
    }
    const [first] = offers as [Offer, Offer];
    await take(onEscrow('cancel', first.eventId, first, { name: 'EventCancelled', eventId: first.eventId }, 31), 40n, 31n);
    // Nobody has to ask for it: one transaction brings it back to both.
    const claims = async () =>
      (await Array.fromAsync(api.service.eventStore.readAll())).filter(({ type }) => type === 'RefundClaimOrdered/1');
    const [claim] = await until(claims, (all) => all.length > 0);
    expect(JSON.parse(claim!.data).fin).toMatchObject({
      contract: escrow,
      eventId: first.eventId,
      token: zeroAddress,
      slots: offers.map(({ seq }) => seq),
    });
    const late = await api.post(`/v1/settlements/${settlementId(bought(first))}/refunds`, { reason: 'ill' });
    expect([late.status, late.body.code]).toEqual([409, 'ppv_event_cancelled']); // It is on its way back by now.
    for (const [index, { eventId, seq, token, amount }] of offers.entries()) {
      const log = { name: 'PurchaseRefunded', eventId, payer, seq, token, amount, to: payer };
      await take(onEscrow('purchase-refund', seq, offers[index]!, log, 32), 40n, 32n);
      expect(
        await until(
          () => watched(buyers[index]!),
          (titles) => titles.length === 0,
        ),
      ).toEqual([]);
    }
    const books = await balances();
    for (const buyer of buyers) expect(books[`liability:ppv-escrow:${buyer} EUR`]).toBeUndefined();
    expect(books['asset:crypto:escrow:31337 EUR']).toBeUndefined();
  });

  it('is earned when the escrow is captured, buyer by buyer', async () => {
    const title = await titleListed();
    const buyer = await accountWith('prepaid');
    const { terms } = await quoted(`/v1/accounts/${buyer}/purchases/checkouts`, { title, heldBy: 'escrow' });
    const { offer } = terms;
    await take(bought(offer), 30n, 20n);
    const log = { name: 'EventCaptured', eventId: offer.eventId, token: zeroAddress, amount: offer.amount, fee: '0', treasury };
    const before = (await balances())['revenue:ppv EUR'] ?? '0.00';
    expect(await take(onEscrow('capture', `${offer.eventId}.${zeroAddress}`, offer, log, 33), 40n, 33n)).toBe('finalized');
    const held = async () => (await balances())[`liability:ppv-escrow:${buyer} EUR`];
    expect(await until(held, (open) => open === undefined)).toBeUndefined();
    expect(Number(before) - Number((await balances())['revenue:ppv EUR'])).toBeCloseTo(9.99, 6);
  });

  it('stays in escrow when somebody captures what was bought with a token that is not configured, which stops nothing', async () => {
    const [buyer, title] = [await accountWith('prepaid'), await titleListed()];
    const { offer } = (await quoted(`/v1/accounts/${buyer}/purchases/checkouts`, { title, heldBy: 'escrow' })).terms;
    await take(bought(offer), 40n, 32n);
    const own = { ...offer, seq: '987654', token: `0x${'dd'.repeat(20)}` };
    expect(await take(bought(own), 40n, 32n)).toBe('finalized');
    const held = async () =>
      Object.entries(await balances()).filter(([line]) => line.startsWith('asset:crypto:') || line.includes(`:ppv-escrow:${buyer}`));
    const before = await held();
    const log = { name: 'EventCaptured', eventId: own.eventId, token: own.token, amount: own.amount, fee: '0', treasury };
    expect(await take(onEscrow('capture', `${own.eventId}.${own.token}`, own, log, 33), 40n, 33n)).toBe('finalized');
    expect(await held()).toEqual(before);
    expect(before).toContainEqual([`liability:ppv-escrow:${buyer} EUR`, '-9.99']);
  });

  it('goes back from the money of the provider once it was captured, and is not watched any more', async () => {
    const title = await titleListed();
    const buyer = await accountWith('prepaid');
    const { terms } = await quoted(`/v1/accounts/${buyer}/purchases/checkouts`, { title, heldBy: 'escrow' });
    const { offer } = terms;
    const purchase = bought(offer);
    await take(purchase, 30n, 20n);
    const before = (await balances())['revenue:ppv EUR'];
    const log = { name: 'EventCaptured', eventId: offer.eventId, token: zeroAddress, amount: offer.amount, fee: '0', treasury };
    await take(onEscrow('capture', `${offer.eventId}.${zeroAddress}`, offer, log, 33), 40n, 33n);
    await until(async () => (await balances())[`liability:ppv-escrow:${buyer} EUR`], (open) => open === undefined); // prettier-ignore
    const ordered = await refunded(settlementId(purchase));
    expect(ordered).toMatchObject({ contract: settlement, slot: offer.seq, amount: '9.99', tokenUnits: offer.amount, to: payer });
    expect(await take(paidBack(ordered), 50n, 40n)).toBe('finalized');
    const books = await balances();
    expect(books[`liability:refund-payable:${buyer} EUR`]).toBeUndefined();
    expect(books['revenue:ppv EUR']).toBe(before);
    expect(await until(() => watched(buyer), (titles) => titles.length === 0)).toEqual([]); // prettier-ignore
  });
});

/** Pays back a payment, and answers the order that it comes to. */
async function refunded(id: string): Promise<RefundOrdered> {
  const asked: Answer = await api.post(`/v1/settlements/${id}/refunds`, { reason: 'sorry' });
  expect([asked.status, asked.body.code]).toEqual([201, undefined]);
  const find = async () => (await Array.fromAsync(api.service.eventStore.readAll())).filter(({ type }) => type === 'RefundOrdered/1');
  const orders = await until(find, (all) => all.some(({ data }) => data.includes(asked.body.id)));
  return JSON.parse(orders.at(-1)!.data).fin as RefundOrdered;
}

function paidBack(
  { refundSeq, slot: seq, to, token, tokenUnits: amount, reason, providerId }: RefundOrdered,
  changed: object = {},
): ChainEffect {
  const place = { chainId: '31337', contract: settlement, module: 'settlement', providerId, block: blockAt(35), logIndex: '0' } as const;
  const log = { name: 'Refunded' as const, refundSeq, seq, to, token, amount, reason, ...changed };
  return { ...place, tx: `0x${(txs++).toString(16).padStart(64, '4')}`, effect: 'refund', key: refundSeq, log };
}

describe('[D13] what was quoted before it was paid in another way', () => {
  it('is paid once where the invoice was paid by card, and the second payment is the wallet of its customer', async () => {
    const { account, invoice } = await invoiceOver('60.50');
    const { terms } = await quoted(`/v1/invoices/${invoice}/checkouts`, {});
    const card = { amount: '60.50', currency: 'EUR', method: 'card', reference: `card-${account}` };
    expect((await api.post(`/v1/accounts/${account}/payments`, card)).status).toBe(201);
    expect(await take(settledBy(terms), 20n, 10n)).toBe('finalized');
    const overpaid = async () => (await balances())[`liability:wallet:${account}:overpaid EUR`];
    expect(await until(overpaid, (wallet) => wallet !== undefined)).toBe('-60.50');
    expect(await shown(invoice, ({ open }) => open === '0.00')).toMatchObject({ open: '0.00' });
  });

  it('is sold once where a title was paid into the escrow and to the provider: the second goes to the customer', async () => {
    const [account, title] = [await accountWith('prepaid'), await titleListed()];
    const order = (body: object) => quoted(`/v1/accounts/${account}/purchases/checkouts`, { title, ...body });
    const [held, again, outright] = [await order({ heldBy: 'escrow' }), await order({ heldBy: 'escrow' }), await order({})];
    const { offer } = held.terms;
    for (const { terms } of [held, again]) expect(await take(bought(terms.offer), 30n, 20n)).toBe('finalized');
    expect(await take(settledBy(outright.terms), 30n, 20n)).toBe('finalized');
    const overpaid = async () => (await balances())[`liability:wallet:${account}:overpaid EUR`];
    expect(await until(overpaid, (wallet) => wallet !== undefined)).toBe('-9.99');
    const before = Number((await balances())['revenue:ppv EUR'] ?? '0');
    const amount = (BigInt(offer.amount) + BigInt(again.terms.offer.amount)).toString();
    const log = { name: 'EventCaptured', eventId: offer.eventId, token: zeroAddress, amount, fee: '0', treasury };
    expect(await take(onEscrow('capture', `${offer.eventId}.${zeroAddress}`, offer, log, 33), 40n, 33n)).toBe('finalized');
    expect(await until(overpaid, (wallet) => wallet === '-19.98')).toBe('-19.98');
    expect(before - Number((await balances())['revenue:ppv EUR'])).toBeCloseTo(9.99, 6);
    expect((await balances())[`liability:ppv-escrow:${account} EUR`]).toBeUndefined();
  });
});

describe('what goes back to a payer', () => {
  it('and was not ordered so, to the unit, is in suspense: somebody else has the key', async () => {
    const { account, invoice } = await invoiceOver('30.00');
    const { terms } = await quoted(`/v1/invoices/${invoice}/checkouts`, {});
    const paid = settledBy(terms);
    await take(paid, 20n, 10n);
    await shown(invoice, ({ open }) => open === '0.00');
    const ordered = await refunded(settlementId(paid));
    const stolen = paidBack(ordered, { to: treasury });
    expect(await take(stolen, 50n, 40n)).toBe('finalized');
    const never = paidBack({ ...ordered, refundSeq: '4711' });
    expect(await take(never, 50n, 40n)).toBe('finalized');
    const { body } = await api.get(`/v1/settlements?standing=unmatched&after=${await head()}`);
    for (const each of [stolen, never])
      expect(body.settlements).toContainEqual(expect.objectContaining({ settlement: settlementId(each), reason: 'refund_unknown' }));
    expect((await balances())[`liability:refund-payable:${account} EUR`]).toBe('-30.00');
  });

  it('is nothing of a payment that the ledger never asked for', async () => {
    const { invoice } = await invoiceOver('10.00');
    const { terms } = await quoted(`/v1/invoices/${invoice}/checkouts`, {});
    const minted = settledBy({ quote: { ...terms.quote, fiatMinor: '99999999' } });
    await take(minted, 20n, 10n);
    const asked = await api.post(`/v1/settlements/${settlementId(minted)}/refunds`, { reason: 'sorry' });
    expect([asked.status, asked.body.code]).toEqual([409, 'payment_unmatched']);
  });
});

describe('[A18] a title that is called off', () => {
  const calledOff = (title: string) => api.post(`/v1/titles/${title}/cancellation`, { reason: 'The final is called off.' });
  const bought = async (account: string, title: string) => {
    expect((await api.post(`/v1/accounts/${account}/purchases`, { title })).status).toBe(201);
  };
  const funded = async (method: string) => {
    const account = await accountWith('prepaid');
    await api.post(`/v1/accounts/${account}/top-ups`, { amount: '10', currency: 'EUR', method });
    return account;
  };
  const offered = (account: string, title: string, held = {}) => quoted(`/v1/accounts/${account}/purchases/checkouts`, { title, ...held });
  const notices = async (account: string, headers = {}) =>
    (await api.get(`/v1/accounts/${account}/notices?after=${await head()}`, headers)).body.notices as Record<string, string>[];
  const takenBack = async (account: string) =>
    (await Array.fromAsync(api.service.eventStore.readStream(`demo.account-${account}`))).filter(({ type }) =>
      ['EntryReversed/1', 'TitleGrantEnded/1'].includes(type),
    ).length;

  it('comes back to every buyer as it was paid, once; sales and reversals net to zero, and each is told', async () => {
    const earned = async () => (await balances())['revenue:ppv EUR'] ?? '0.00';
    const [title, before] = [await titleListed(), await earned()];
    const [wallet, card, bill, invoiced] = [
      await funded('cash'),
      await funded('card'),
      await accountWith('postpaid'),
      await accountWith('postpaid'),
    ];
    for (const account of [wallet, card, bill, invoiced]) await bought(account, title);
    await api.post(`/v1/accounts/${invoiced}/invoices`, { dueOn: '2099-12-31' });
    const [direct, pending, held] = [await accountWith('prepaid'), await accountWith('prepaid'), await accountWith('prepaid')];
    const paid = settledBy((await offered(direct, title)).terms);
    await take(paid, 40n, 30n);
    const seen = settledBy((await offered(pending, title)).terms, blockAt(45));
    await take(seen, 46n, 30n);
    const { offer } = (await offered(held, title, { heldBy: 'escrow' })).terms;
    await take(onEscrow('slot', offer.seq, offer, { name: 'Purchased', ...offer, payer }, 30), 40n, 30n);
    const all = [wallet, card, bill, invoiced, direct, pending, held];
    for (const account of all)
      expect([
        account,
        await until(
          () => watched(account),
          (titles) => titles.length > 0,
        ),
      ]).toEqual([account, [title]]);
    const credited = async () => (await balances())[`liability:payment-pending:${direct} EUR`];
    expect(await until(credited, (open) => open === undefined)).toBeUndefined();

    expect((await calledOff(title)).status).toBe(201);
    expect((await calledOff(title)).status).toBe(201);
    for (const path of [`/v1/accounts/${wallet}/purchases`, `/v1/accounts/${wallet}/purchases/checkouts`]) {
      const { status, body } = await api.post(path, { title });
      expect([path, status, body.code]).toEqual([path, 409, 'title_cancelled']);
    }
    const ordered = async () =>
      (await Array.fromAsync(api.service.eventStore.readAll())).filter(({ type }) => type === 'EventCancelOrdered/1').length;
    expect(await until(ordered, (orders) => orders === 1)).toBe(1);
    await take(onEscrow('cancel', offer.eventId, offer, { name: 'EventCancelled', eventId: offer.eventId }, 50), 60n, 50n);
    await take(onEscrow('purchase-refund', offer.seq, offer, { name: 'PurchaseRefunded', ...offer, payer, to: payer }, 51), 60n, 51n);
    await take(seen, 60n, 50n); // Final only now: what it paid for is gone, so it goes back too.
    for (const account of all) {
      expect([
        account,
        await until(
          () => watched(account),
          (titles) => titles.length === 0,
        ),
      ]).toEqual([account, []]);
      expect([account, await takenBack(account)]).toEqual([account, 1]);
    }
    const books = await until(balances, (lines) => lines[`liability:refund-payable:${pending} EUR`] !== undefined);
    expect(await earned()).toBe(before);
    for (const account of [wallet, card]) expect(books[`liability:wallet:${account}:money EUR`]).toBe('-10.00');
    expect(books[`asset:unbilled:${bill} EUR`]).toBeUndefined();
    expect([books[`asset:receivable:${invoiced} EUR`], books[`liability:wallet:${invoiced}:overpaid EUR`]]).toEqual(['9.99', '-9.99']);
    for (const account of [direct, pending]) expect(books[`liability:refund-payable:${account} EUR`]).toBe('-9.99');
    expect(books[`liability:ppv-escrow:${held} EUR`]).toBeUndefined();
    for (const account of all) expect(books[`liability:payment-pending:${account} EUR`]).toBeUndefined();

    const back = { [bill]: 'bill', [direct]: 'chain', [pending]: 'chain', [held]: 'chain' };
    for (const account of all) {
      const told = { title, name: 'Final', amount: '9.99', currency: 'EUR', returnedTo: back[account] ?? 'wallet' };
      expect(await notices(account)).toEqual([expect.objectContaining(told)]);
    }
    const { token } = (await api.post(`/v1/accounts/${wallet}/customer-keys`, {})).body as { token: string };
    const own = { authorization: `Bearer ${token}` };
    expect(await notices(wallet, own)).toEqual([expect.objectContaining({ title, reason: 'The final is called off.' })]);
    expect((await api.get(`/v1/accounts/${card}/notices`, own)).status).toBe(404);
  });

  it('comes back from the provider itself where the escrow was captured', async () => {
    const [title, buyer] = [await titleListed(), await accountWith('prepaid')];
    const { offer } = (await offered(buyer, title, { heldBy: 'escrow' })).terms;
    await take(onEscrow('slot', offer.seq, offer, { name: 'Purchased', ...offer, payer }, 60), 70n, 60n);
    const log = { name: 'EventCaptured', eventId: offer.eventId, token: zeroAddress, amount: offer.amount, fee: '0', treasury };
    await take(onEscrow('capture', `${offer.eventId}.${zeroAddress}`, offer, log, 61), 70n, 61n);
    const held = async () => (await balances())[`liability:ppv-escrow:${buyer} EUR`];
    expect(await until(held, (open) => open === undefined)).toBeUndefined();
    await calledOff(title);
    const payable = async () => (await balances())[`liability:refund-payable:${buyer} EUR`];
    expect(await until(payable, (owed) => owed !== undefined)).toBe('-9.99');
    expect([await watched(buyer), await takenBack(buyer)]).toEqual([[], 1]);
  });

  it('is not there to be called off where it was never listed', async () => {
    const { status, body } = await calledOff('ttl_00000000-0000-5000-8000-000000000000');
    expect([status, body.code]).toEqual([404, 'title_not_found']);
  });
});

describe('[D15] terms that promise an availability', () => {
  it('credit a customer by themselves, once, and name the outage, its evidence and the terms', async () => {
    const account = await accountWith('postpaid');
    const price = { amount: '120.00', currency: 'EUR', cycle: 'year' };
    const slaCredits = [{ availabilityBelow: '99.9', creditPercent: '5' }];
    const published = await api.post('/v1/terms', { offer: 'internet-100', version: '1', price, slaCredits, refunds: 'None.' });
    const terms = published.body.id as string;
    const evidence = `0x${'e7'.repeat(32)}`;
    const outage = { terms, from: '2024-02-03T00:00:00.000Z', until: '2024-02-03T09:00:00.000Z', source: 'probe-7', evidence };
    const { status, body } = await api.post(`/v1/accounts/${account}/outages`, outage);
    expect([status, (body.events as { type: string }[]).map(({ type }) => type)]).toEqual([201, ['OutageRecorded/1', 'SlaCredited/1']]);
    expect(body.events[0].data).toMatchObject({
      evidence,
      source: 'probe-7',
      terms: { hash: terms, stream: `demo.terms-${terms}`, revision: '0' },
    });
    expect(body.events[1].data).toMatchObject({
      outages: ['1'],
      downMs: '32400000',
      creditPercent: '5',
      amount: '6.00',
      terms: { hash: terms },
    });
    await api.post(`/v1/accounts/${account}/outages`, outage); // The same measurement once more.
    expect((await api.get(`/v1/accounts/${account}/balances?after=${await head()}`)).body.balances).toMatchObject({ wallet: '6.00' });
    const { rows } = (await api.get(`/v1/accounts/${account}/statement?after=${await head()}`)).body as {
      rows: { type: string; description: string }[];
    };
    expect(rows.filter(({ type }) => type.startsWith('SlaCredited'))).toMatchObject([
      { description: 'internet-100 was available for less than 99.9 %' },
    ]);
    const unknown = await api.post(`/v1/accounts/${account}/outages`, { ...outage, terms: `0x${'00'.repeat(32)}` });
    expect([unknown.status, unknown.body.code]).toEqual([404, 'terms_not_found']);
  });
});

describe('the books of all that', () => {
  it('balance in every currency, and the log of them is VALID', async () => {
    const { currencies } = (await api.get(`/v1/trial-balance?after=${await head()}`)).body as { currencies: { balance: string }[] };
    for (const { balance } of currencies) expect(balance).toMatch(/^0(\.0+)?$/);
    expect(currencies).toHaveLength(2);
    const store = api.service.eventStore;
    const length = (await Array.fromAsync(store.readAll())).filter(({ stream }) => stream.startsWith('demo.')).length;
    const source = () => new HttpLogSource(`${api.service.url}/logs/demo/`, { token: api.token });
    const genesisHash = await api.service.integrity.logs.genesisHashOf('demo');
    const outcome = await until(
      () => verifyLog({ source: source(), genesisHash, rpcUrls: [], isOffline: true }),
      (judged) => 'size' in judged && judged.size >= length,
    );
    expect(outcome.verdict).toBe('VALID');
  });
});
