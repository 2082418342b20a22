import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TypedDataDomain, type TypedDataField, Wallet } from 'ethers';
import { envelopeOf } from '../../services/commands/application/envelope.ts';
import { IssueQuote } from '../../services/settlement/application/quoting/issue-quote.handler.ts';
import { type Quote, zeroAddress } from '../../services/settlement/domain/quote.ts';
import type { SettlementChain } from '../../services/settlement/application/settlement-chain.ts';
import { providerIdOf } from '../../services/settlement/domain/chain-number.ts';
import { type ChainEffect, settlementId } from '../../services/settlement/domain/chain-effect.ts';
import { type Answer, startTestService, type TestService } from '../support/service.ts';

let api: TestService;
/** Everything that one provider has, and the key of another. */
type Id = 'account' | 'invoice' | 'priceBook' | 'title' | 'titleCalledOff' | 'terms' | 'auditorKey' | 'position' | 'mandate';
let ids: Readonly<Record<Id, string>>;
/** Of the payer, over the mandate and over its end. */
let signatures: { readonly agree: string; readonly revoke: string };
let other: { authorization: string };
/** A settlement of the provider that can be paid back. */
let topUp: string;
let paths: Readonly<Record<string, Readonly<Record<string, object>>>>;

const priceBook = {
  name: 'Voice',
  currency: 'EUR',
  rounding: 'half-up',
  decimals: '2',
  bands: [{ band: 'day', product: 'voice', unit: 'minute', rate: '1' }],
};
const title = {
  name: 'Final',
  price: '1',
  currency: 'EUR',
  onSaleFrom: '2020-01-01T00:00:00.000Z',
  onSaleUntil: '2099-01-01T00:00:00.000Z',
  startsAt: '2020-01-01T00:00:00.000Z',
  endsAt: '2099-01-01T00:00:00.000Z',
};
const money = { amount: '1', currency: 'EUR' };
const terms = {
  ...{ offer: 'internet-100', version: '1', price: { ...money, cycle: 'month' }, refunds: 'None.' },
  slaCredits: [{ availabilityBelow: '99.9', creditPercent: '5' }],
};
const outage = {
  ...{ from: '2024-02-03T00:00:00.000Z', until: '2024-02-03T01:00:00.000Z' },
  ...{ source: 'probe-7', evidence: `0x${'e7'.repeat(32)}` },
};

const payer = Wallet.createRandom();
const mandate = {
  ...{ payer: payer.address, token: `0x${'03'.repeat(20)}`, maxPerPeriod: '1000', totalCap: '5000' },
  ...{ period: '2592000', start: '1700000000', end: '4000000000' },
};

interface WalletTypedData {
  readonly domain: TypedDataDomain;
  readonly types: Record<string, TypedDataField[]>;
  readonly message: Record<string, string>;
}

/** A chain that nobody has to ask before a checkout is opened. */
const chain: SettlementChain = {
  ...{ chainId: '31337', rpcUrls: ['http://127.0.0.1:9'], codeHashes: {}, deploymentBlock: 0n },
  tokens: [
    { address: `0x${'03'.repeat(20)}`, currency: 'USDC', decimals: 6 },
    { address: zeroAddress, currency: 'ETH', decimals: 18 },
  ],
  contracts: { registry: `0x${'01'.repeat(20)}`, settlement: `0x${'02'.repeat(20)}` },
  profile: { finality: 'tag', realMoney: false, confirmations: [] },
};

/** Money that reached the treasury of `demo` and that nobody was asked for. */
const stray: ChainEffect = {
  ...{ chainId: '31337', contract: `0x${'03'.repeat(20)}`, module: 'token', providerId: providerIdOf('demo'), tx: `0x${'04'.repeat(32)}` },
  ...{ block: { number: '9', hash: `0x${'05'.repeat(32)}`, time: '2026-11-01T00:00:00.000Z' }, logIndex: '0', effect: 'log' },
  key: `0x${'04'.repeat(32)}.0`,
  log: {
    ...{ name: 'Transfer', token: `0x${'03'.repeat(20)}`, from: `0x${'06'.repeat(20)}`, fromRole: 'other' },
    ...{ to: `0x${'07'.repeat(20)}`, toRole: 'treasury', amount: '2000000' },
  },
};

/** The provider's token for prepaid credit, as its factory told of it. */
const creditCreated: ChainEffect = {
  ...stray,
  ...{ contract: `0x${'09'.repeat(20)}`, module: 'credit', tx: `0x${'0a'.repeat(32)}`, effect: 'log', key: `0x${'0a'.repeat(32)}.0` },
  log: { name: 'CreditCreated', fields: { token: `0x${'0b'.repeat(20)}`, currency: '0x455552', decimals: '2' } },
};

beforeAll(async () => {
  // Nobody watches the chain: whoever did would be unready after a minute in which no node answers.
  api = await startTestService({ settlementChains: [chain], roles: ['projector', 'sequencer', 'anchorer', 'sender'] });
  await api.post('/v1/settlement', { legalName: 'Demo' });
  const operator = { authorization: `Bearer ${api.operatorToken}` };
  await api.post('/v1/providers', { slug: 'other', name: 'Other' }, operator);
  other = { authorization: `Bearer ${(await api.post('/v1/providers/other/api-keys', {}, operator)).body.token}` };
  paths = (await api.get('/docs/openapi.json')).body.paths as typeof paths;
  const idOf = ({ body }: Answer) => body.id as string;
  const account = idOf(await api.post('/v1/accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '100' }));
  await api.post(`/v1/accounts/${account}/charges`, { ...money, product: 'tv', description: 'TV' });
  const closed = await api.post(`/v1/accounts/${account}/invoices`, { dueOn: '2026-12-31' });
  ids = {
    account,
    invoice: idOf(closed),
    priceBook: idOf(await api.post('/v1/price-books', priceBook)),
    title: idOf(await api.post('/v1/titles', title)),
    titleCalledOff: idOf(await api.post('/v1/titles', title)),
    terms: idOf(await api.post('/v1/terms', terms)),
    auditorKey: idOf(await api.post('/v1/auditor-keys', {})),
    position: closed.body.position as string,
    mandate: idOf(await api.post(`/v1/accounts/${account}/mandates`, mandate)),
  };
  const { agree, revoke } = (await api.get(`/v1/accounts/${account}/mandates/${ids.mandate}`)).body as Record<string, WalletTypedData>;
  const signed = ({ domain, types, message }: WalletTypedData) => payer.signTypedData(domain, types, message);
  signatures = { agree: await signed(agree!), revoke: await signed(revoke!) };
  await api.post(`/v1/accounts/${account}/charges`, { ...money, product: 'tv', description: 'TV' });
  await issued(ids.invoice);
  for (const effect of [stray, creditCreated]) await api.service.settlementLedger.take(effect, { head: 9n, finalized: 9n });
  const at = new Date(Date.now() - 60_000).toISOString();
  for (const [base, rate] of [
    ['USDC', '0.9'],
    ['ETH', '3000'],
  ])
    await api.post('/v1/settlement/rates', { base, currency: 'EUR', rate, source: 'test', at, spreadBps: '0' });
  topUp = await paidTopUp(account);
});
afterAll(() => api.close());

/** A top-up that is final and credited: the id of its settlement. */
async function paidTopUp(account: string): Promise<string> {
  const { seq } = (await api.post(`/v1/accounts/${account}/top-ups/checkouts`, money)).body.events[0].data as { seq: string };
  const envelope = envelopeOf({ provider: 'demo', actor: { id: 'test', type: 'process' }, key: 'quote', command: 'IssueQuote', body: {} });
  await api.service.commands.execute(new IssueQuote(envelope, { seq, token: zeroAddress, payer: zeroAddress }));
  const slot = () => Array.fromAsync(api.service.eventStore.readStream(`demo.slot-${seq}`));
  const { terms } = JSON.parse((await slot())[1]!.data).fin as { terms: { quote: Quote } };
  const { providerId, invoiceRef, kind, token, amount, currency, fiatMinor } = terms.quote;
  const { block, chainId } = stray;
  const place = { chainId, contract: chain.contracts.settlement, module: 'settlement', providerId, block, logIndex: '1' } as const;
  const paid = { name: 'Settled', payer: payer.address.toLowerCase(), method: '2', fee: '0', treasury: `0x${'07'.repeat(20)}` } as const;
  const log = { ...paid, invoiceRef, seq, kind, token, amount, currency, fiatMinor };
  const effect: ChainEffect = { ...place, tx: `0x${'08'.repeat(32)}`, effect: 'slot', key: seq, log };
  await api.service.settlementLedger.take(effect, { head: 9n, finalized: 9n });
  for (let attempt = 0; (await slot()).at(-1)?.type !== 'SlotClosed/1'; attempt++) {
    if (attempt === 600) throw new Error('The top-up was not credited.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return settlementId(effect);
}

/** Number and document follow behind the closing; a test that looks at the head must not meet them. */
async function issued(invoice: string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if ((await api.get(`/v1/invoices/${invoice}?after=${ids.position}`)).body.document !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Invoice ${invoice} was not issued.`);
}

/** A body that the owner of the path's ids would be answered 201 for. */
const bodies: Readonly<Record<string, () => object>> = {
  '/v1/accounts/{account}/top-ups': () => ({ ...money, method: 'card' }),
  '/v1/accounts/{account}/charges': () => ({ ...money, product: 'tv', description: 'TV' }),
  '/v1/accounts/{account}/usage': () => ({ priceBook: ids.priceBook, band: 'day', quantity: '1', usageRecord: 'switch:1' }),
  '/v1/accounts/{account}/purchases': () => ({ title: ids.title }),
  '/v1/accounts/{account}/payments': () => ({ ...money, method: 'bank', reference: 'R1' }),
  '/v1/accounts/{account}/reversals': () => ({ entry: '3', reason: 'mistake' }),
  '/v1/accounts/{account}/invoices': () => ({ dueOn: '2026-12-31' }),
  '/v1/accounts/{account}/customer-keys': () => ({}),
  '/v1/accounts/{account}/personal-data': () => ({ name: 'Ada Lovelace' }),
  '/v1/accounts/{account}/consents': () => ({ purpose: 'news', decision: 'given', document: 'v1' }),
  '/v1/accounts/{account}/erasures': () => ({ reason: 'subject_request' }),
  '/v1/accounts/{account}/top-ups/checkouts': () => money,
  '/v1/accounts/{account}/deposits/checkouts': () => money,
  '/v1/accounts/{account}/credits/checkouts': () => money,
  '/v1/accounts/{account}/purchases/checkouts': () => ({ title: ids.title }),
  '/v1/accounts/{account}/mandates': () => mandate,
  '/v1/accounts/{account}/mandates/{mandate}/signature': () => ({ signature: signatures.agree }),
  '/v1/accounts/{account}/mandates/{mandate}/revocation': () => ({ signature: signatures.revoke }),
  '/v1/accounts/{account}/mandates/{mandate}/approval': () => ({}),
  '/v1/accounts/{account}/outages': () => ({ ...outage, terms: ids.terms }),
  '/v1/titles/{title}/cancellation': () => ({ reason: 'rained off' }),
  '/v1/invoices/{invoice}/checkouts': () => ({}),
  '/v1/invoices/{invoice}/collections': () => ({ mandate: ids.mandate }),
  '/v1/settlements/{settlement}/allocation': () => ({ account: ids.account, reason: 'found out' }),
  '/v1/settlements/{settlement}/refunds': () => ({ reason: 'sent back' }),
  '/v1/settlements/{settlement}/credit-refunds': () => ({ reason: 'moves away' }),
  '/v1/price-books/{priceBook}/versions': () => priceBook,
  '/v1/auditor-keys/{key}/revocations': () => ({}),
};

/** What its owner is answered, where that is not 201: the chain is away, the mandate is over or not agreed to, a top-up bought no credit. */
const ownAnswers: Readonly<Record<string, number>> = {
  '/v1/accounts/{account}/mandates/{mandate}/approval': 503,
  '/v1/invoices/{invoice}/collections': 409,
  '/v1/settlements/{settlement}/credit-refunds': 409,
};

const urlOf = (path: string) =>
  path
    .replace('{account}', ids.account)
    .replace('{invoice}', ids.invoice)
    .replace('{priceBook}', ids.priceBook)
    .replace('{title}', ids.titleCalledOff)
    .replace('{ledgerAccount}', 'revenue:tv')
    .replace('{currency}', 'EUR')
    .replace('{slug}', 'demo')
    .replace('{index}', '0')
    .replace('{key}', ids.auditorKey)
    .replace('{settlement}', /[/-]refund/.test(path) ? topUp : settlementId(stray))
    .replace('{refund}', 'ref_00000000-0000-5000-8000-000000000000')
    .replace('{mandate}', ids.mandate);

/** What is as public as the log itself, and what the link to a payment opens to whoever has it. */
const isOpen = (path: string) => /\/proofs\/|\/witnesses$|\/terms\/|^\/v1\/checkouts\/|^\/ready$/.test(path);

/** Routes about all providers. */
const isOfOperator = (path: string) => path.startsWith('/v1/anchoring') || path === '/v1/settlement/watcher';

/** Routes that name something of one provider, and that are not open to all; a payment is begun before what it would pay is paid. */
const routesOfOne = (method: string) =>
  Object.keys(paths)
    .filter((path) => path.includes('{') && paths[path]?.[method] !== undefined && !isOpen(path) && !path.endsWith('/api-keys'))
    .sort((left, right) => Number(right.endsWith('/checkouts')) - Number(left.endsWith('/checkouts')));

/** What a customer's own key opens, of the own account and its invoices. */
const routesOfCustomers = [
  '/v1/accounts/{account}/export',
  '/v1/accounts/{account}/personal-data',
  '/v1/accounts/{account}/proof-bundle',
  '/v1/accounts/{account}/balances/signed',
  '/v1/accounts/{account}/statement',
  '/v1/accounts/{account}/credit',
  '/v1/accounts/{account}/mandates',
  '/v1/accounts/{account}/notices',
  '/v1/invoices/{invoice}/proof-bundle',
  '/v1/invoices/{invoice}/signed',
];

/** What it lets be paid, of the same. */
const paymentsOfCustomers = () => Object.keys(bodies).filter((path) => path.endsWith('/checkouts'));

interface Customer {
  readonly account: string;
  readonly invoice: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A customer with an issued invoice, and a key of its own. */
async function customerOf(provider: Readonly<Record<string, string>> = {}): Promise<Customer> {
  const open = { billing: 'postpaid', currency: 'EUR', creditLimit: '100' };
  const account = (await api.post('/v1/accounts', open, provider)).body.id as string;
  await api.post(`/v1/accounts/${account}/charges`, { ...money, product: 'radio', description: 'Radio' }, provider);
  const invoice = (await api.post(`/v1/accounts/${account}/invoices`, { dueOn: '2026-12-31' }, provider)).body.id as string;
  const { token } = (await api.post(`/v1/accounts/${account}/customer-keys`, {}, provider)).body as { token: string };
  return { account, invoice, headers: { authorization: `Bearer ${token}` } };
}

const without = ({ body: { traceId: _, ...body } }: Answer, id: string) => JSON.stringify(body).replaceAll(id, '');

describe('what belongs to one customer', () => {
  const routeOf = (route: string, { account, invoice }: Pick<Customer, 'account' | 'invoice'>) =>
    route.replace('{account}', account).replace('{invoice}', invoice);
  const absent = { account: 'acc_00000000-0000-5000-8000-000000000000', invoice: 'inv_00000000-0000-5000-8000-000000000000' };

  it('[E4] looks absent to the key of any other customer', async () => {
    const [mine, neighbour, foreign] = [await customerOf(), await customerOf(), await customerOf(other)];
    await issued(mine.invoice);
    for (const route of routesOfCustomers) {
      for (const stranger of [neighbour, foreign]) {
        const nothing = await api.get(routeOf(route, absent), stranger.headers);
        const answer = await api.get(routeOf(route, mine), stranger.headers);
        const id = route.includes('{account}') ? mine.account : mine.invoice;
        const absentId = route.includes('{account}') ? absent.account : absent.invoice;
        expect([route, answer.status, without(answer, id)]).toEqual([route, 404, without(nothing, absentId)]);
      }
    }
  });

  it('is begun to be paid by no other customer', async () => {
    const [mine, neighbour, foreign] = [await customerOf(), await customerOf(), await customerOf(other)];
    await issued(mine.invoice);
    for (const route of paymentsOfCustomers()) {
      const ask = (headers: Customer['headers']) => api.post(routeOf(route, mine), bodies[route]?.(), headers);
      for (const stranger of [neighbour, foreign]) expect([route, (await ask(stranger.headers)).status]).toEqual([route, 404]);
      expect([route, (await ask(mine.headers)).status]).toEqual([route, 201]);
    }
  });

  it('is collected from under no mandate of another customer', async () => {
    const [mine, neighbour] = [await customerOf(), await customerOf()];
    const path = `/v1/accounts/${mine.account}/mandates`;
    expect((await api.post(path, mandate, neighbour.headers)).status).toBe(404);
    const { status, body } = await api.post(path, mandate, mine.headers);
    expect(status).toBe(201);
    for (const each of [`${path}/${body.id}`, `/v1/accounts/${neighbour.account}/mandates/${body.id}`]) {
      expect([each, (await api.get(each, neighbour.headers)).status]).toEqual([each, 404]);
      expect((await api.post(`${each}/signature`, { signature: signatures.agree }, neighbour.headers)).status).toBe(404);
    }
    expect((await api.get(`${path}/${body.id}`, mine.headers)).status).toBe(200);
    // Found by its own customer, who need not remember its id, and by nobody else.
    const listed = async ({ headers, account }: Customer) => {
      const answer = await api.get(`/v1/accounts/${account}/mandates?after=${body.position}`, headers);
      return (answer.body.mandates as { mandate: string; status: string }[]).map(({ mandate: id, status: stands }) => [id, stands]);
    };
    expect([await listed(mine), await listed(neighbour)]).toEqual([[[body.id, 'offered']], []]);
  });

  it('is all that its own key opens of the API', async () => {
    const mine = await customerOf();
    const customer = mine.headers;
    await issued(mine.invoice);
    // A bundle waits for a commitment to balances, which comes at its own time.
    for (const route of routesOfCustomers.filter((each) => !each.endsWith('/proof-bundle')))
      expect([route, (await api.get(routeOf(route, mine), customer)).status]).toEqual([route, 200]);
    const answers: [string, number][] = [];
    for (const [path, methods] of Object.entries(paths)) {
      const url = urlOf(path).replace(ids.account, mine.account).replace(ids.invoice, mine.invoice);
      if (isOpen(path) || path.includes('/mandates')) continue;
      if ('get' in methods && !routesOfCustomers.includes(path)) answers.push([path, (await api.get(url, customer)).status]);
      if ('post' in methods && !paymentsOfCustomers().includes(path))
        answers.push([path, (await api.post(url, bodies[path]?.() ?? {}, customer)).status]);
    }
    expect(answers.length).toBeGreaterThan(20);
    expect(answers.filter(([, status]) => status !== 403)).toEqual([]);
    const payloads = await fetch(`${api.service.url}/logs/demo/payloads/000.p/1.jsonl`, { headers: customer });
    expect(payloads.status).toBe(401);
  });

  it('has a key that the same Idempotency-Key answers again, for an account that there is', async () => {
    const key = { 'idempotency-key': 'customer-1' };
    const path = `/v1/accounts/${ids.account}/customer-keys`;
    expect((await api.post(path, {}, key)).body).toEqual((await api.post(path, {}, key)).body);
    const nobody = '/v1/accounts/acc_00000000-0000-5000-8000-000000000000/customer-keys';
    expect(await api.post(nobody, {})).toMatchObject({ status: 404, body: { code: 'account_not_found' } });
  });
});

/** What an auditor's key opens: the log with everything in it, and what proves its balances and invoices. */
const routesOfAuditors = [
  '/v1/accounts/{account}/balances/signed',
  '/v1/accounts/{account}/proof-bundle',
  '/v1/invoices/{invoice}/proof-bundle',
  '/v1/invoices/{invoice}/signed',
  '/v1/logs/{slug}/entries/{index}',
  '/v1/logs/{slug}/entries/{index}/export',
  '/v1/logs/{slug}/search',
  '/v1/logs/{slug}/search/export',
  '/v1/logs/{slug}/state/{ledgerAccount}/{currency}',
  '/v1/settlement/reconciliations',
];

describe('what an auditor is let into', () => {
  const keyOf = async (provider: Readonly<Record<string, string>> = {}) => {
    const { id, token } = (await api.post('/v1/auditor-keys', {}, provider)).body as { id: string; token: string };
    return { id, headers: { authorization: `Bearer ${token}` } };
  };
  const urlFor = (path: string) => (path.includes('/search') ? `${urlOf(path)}?q=demo.log-0` : urlOf(path));

  it('is the log of its provider with all payloads, to read', async () => {
    const { headers } = await keyOf();
    // A bundle and a proven balance wait for a commitment, which comes at its own time.
    for (const path of routesOfAuditors.filter((each) => !/proof-bundle|state/.test(each)))
      expect([path, (await api.get(urlFor(path), headers)).status]).toEqual([path, 200]);
    const entry = (await api.get(`/v1/logs/demo/search?q=demo.account-${ids.account}@0`, headers)).body.results[0].index as string;
    expect((await api.get(`/v1/logs/demo/entries/${entry}`, headers)).body).toMatchObject({ payload: 'shown', type: 'AccountOpened/1' });
    const file = await fetch(`${api.service.url}/logs/demo/payloads/000.jsonl`, { headers });
    expect([file.status, (await file.text()).includes('"data":null')]).toEqual([200, false]);
  });

  it('is nothing else, and nothing to write', async () => {
    const { headers } = await keyOf();
    const answers: [string, number][] = [];
    for (const [path, methods] of Object.entries(paths)) {
      if (isOpen(path)) continue;
      if ('get' in methods && !routesOfAuditors.includes(path)) answers.push([path, (await api.get(urlOf(path), headers)).status]);
      if ('post' in methods) answers.push([path, (await api.post(urlOf(path), bodies[path]?.() ?? {}, headers)).status]);
    }
    expect(answers.length).toBeGreaterThan(25);
    expect(answers.filter(([, status]) => status !== 403)).toEqual([]);
  });

  it('is not the log of another provider', async () => {
    const { headers } = await keyOf(other);
    // What names no log is of the key's own provider.
    for (const path of routesOfAuditors.filter((each) => each.includes('{slug}'))) {
      const { status } = await api.get(urlFor(path), headers);
      expect([path, status]).toEqual([path, 404]);
    }
    const file = await fetch(`${api.service.url}/logs/demo/payloads/000.jsonl`, { headers });
    expect(file.status).toBe(401);
  });

  it('is nothing any more once the key is revoked, which its provider alone can do', async () => {
    const { id, headers } = await keyOf();
    const path = `/v1/auditor-keys/${id}/revocations`;
    expect((await api.get('/v1/logs/demo/search?q=0', headers)).status).toBe(200);
    const unknown = '/v1/auditor-keys/key_00000000-0000-5000-8000-000000000000/revocations';
    for (const [key, by] of [
      [path, other],
      [unknown, {}],
      ['/v1/auditor-keys/x/revocations', {}],
    ] as const)
      expect([key, (await api.post(key, {}, by)).body.code]).toEqual([key, 'api_key_not_found']);
    expect((await api.get('/v1/logs/demo/search?q=0', headers)).status).toBe(200);
    const revoked = (await api.post(path, {})).body as { id: string; revokedAt: string };
    expect((await api.post(path, {})).body).toEqual(revoked);
    expect((await api.get('/v1/auditor-keys')).body.keys).toContainEqual(revoked);
    const payloads = () => fetch(`${api.service.url}/logs/demo/payloads/000.jsonl`, { headers });
    for (
      let attempt = 0;
      (await payloads()).status !== 401 || (await api.get('/v1/logs/demo/search?q=0', headers)).status !== 401;
      attempt++
    ) {
      if (attempt === 300) throw new Error('A revoked key still opens the log.');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  it('ends no key of a customer', async () => {
    const { id } = (await api.post(`/v1/accounts/${ids.account}/customer-keys`, {})).body as { id: string };
    expect((await api.post(`/v1/auditor-keys/${id}/revocations`, {})).body.code).toBe('api_key_not_found');
  });
});

describe('what belongs to one provider', () => {
  it('is not found by another, whatever is asked', async () => {
    const answers: [string, number][] = [];
    for (const path of routesOfOne('get')) answers.push([path, (await api.get(`${urlOf(path)}?after=${ids.position}`, other)).status]);
    expect(answers.length).toBeGreaterThan(5);
    expect(answers.filter(([, status]) => status !== 404)).toEqual([]);
  });

  it('is not touched by another, whatever is commanded', async () => {
    // What the log says about itself comes at its own time.
    const written = async () =>
      (await Array.fromAsync(api.service.eventStore.readAll()))
        .map(({ stream, type }) => `${type} in ${stream}`)
        .filter((event) => !event.endsWith('.log-0'));
    const before = await written();
    const refused: [string, number][] = [];
    for (const path of routesOfOne('post')) refused.push([path, (await api.post(urlOf(path), bodies[path]?.(), other)).status]);
    expect(refused.map(([path]) => path).sort()).toEqual(Object.keys(bodies).sort());
    expect(refused.filter(([, status]) => status !== 404)).toEqual([]);
    expect(await written()).toEqual(before);
    // The same bodies are good for the owner: nothing above was refused for another reason.
    for (const path of routesOfOne('post'))
      expect([path, (await api.post(urlOf(path), bodies[path]?.())).status]).toEqual([path, ownAnswers[path] ?? 201]);
  });

  it('is in no list of another, nor for sale to it', async () => {
    const account = (await api.post('/v1/accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '100' }, other)).body.id as string;
    const usage = { priceBook: ids.priceBook, band: 'day', quantity: '1', usageRecord: 'switch:1' };
    expect(await api.post(`/v1/accounts/${account}/usage`, usage, other)).toMatchObject({ body: { code: 'price_book_not_found' } });
    const bought = await api.post(`/v1/accounts/${account}/purchases`, { title: ids.title }, other);
    expect(bought).toMatchObject({ body: { code: 'title_not_found' } });
    const lists = Object.keys(paths).filter((path) => !path.includes('{') && paths[path]?.['get'] !== undefined && !isOfOperator(path));
    expect(lists.length).toBeGreaterThan(3);
    for (const path of lists) {
      const answer = await api.get(`${path}?after=${ids.position}`, other);
      expect([path, answer.status]).toEqual([path, 200]);
      expect(JSON.stringify(answer.body)).not.toMatch(new RegExp(`${ids.account}|${ids.invoice}|${ids.auditorKey}|revenue:tv`));
    }
    for (const query of [`account=${ids.account}`, 'ledgerAccount=revenue:tv'])
      expect((await api.get(`/v1/journal?${query}`, other)).body.lines).toEqual([]);
    expect((await api.get(`/v1/invoices?account=${ids.account}`, other)).body.invoices).toEqual([]);
  });

  it('is told to no provider where it is about all of them', async () => {
    const routes = Object.keys(paths).filter(isOfOperator);
    expect(routes).toEqual(['/v1/anchoring', '/v1/anchoring/costs', '/v1/settlement/watcher']);
    for (const path of routes) expect([path, (await api.get(path, other)).status]).toEqual([path, 403]);
    const operator = { authorization: `Bearer ${api.operatorToken}` };
    for (const path of routes) expect([path, (await api.get(path, operator)).status]).toEqual([path, 200]);
  });

  it('is opened by no token of another in the files of its log', async () => {
    const files = `${api.service.url}/logs/demo/payloads/000`;
    for (const name of ['.jsonl', '.p/1.jsonl']) {
      const answer = await fetch(files + name, { headers: other });
      expect([name, answer.status, (await answer.text()).includes('"code":"unauthenticated"')]).toEqual([name, 401, true]);
    }
  });
});
