import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startThrowawayChain, type ThrowawayChain } from '../../bench/support/throwaway-chain.ts';
import type { ProofBundle } from '../../services/integrity/application/proof-bundle.ts';
import { projectRoot } from '../../services/read-store/project-root.ts';
import { verifyBill } from '../../verifier/bill/verify-bill.ts';
import { StartedCommand } from '../start/started-service.ts';
import { startTestService, type TestService } from '../support/service.ts';

let chain: ThrowawayChain;
let api: TestService;
let mining: NodeJS.Timeout;
let folder: string;
let genesisHash: string;
let customer: { account: string; invoice: string };
let neighbour: { account: string; invoice: string };
let book: string;

const priceBook = {
  name: 'Voice',
  currency: 'EUR',
  rounding: 'half-up',
  decimals: '4',
  bands: [{ band: 'day', product: 'voice-day', unit: 'minute', rate: '0.0345' }],
};

/** A customer with two flat charges, three rated ones, one that is taken back, an invoice, and a charge behind it. */
async function billedCustomer(book: string, label: string): Promise<{ account: string; invoice: string }> {
  const account = (await api.post('/v1/accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '500' })).body.id as string;
  const at = `/v1/accounts/${account}`;
  const charge = { currency: 'EUR', product: 'internet-100', description: `Internet 100 ${label}` };
  await api.post(`${at}/charges`, { ...charge, amount: '29.90' });
  const mistaken = await api.post(`${at}/charges`, { ...charge, amount: '7' });
  for (const [index, quantity] of ['12.5', '3.1', '0'].entries())
    await api.post(`${at}/usage`, { priceBook: book, band: 'day', quantity, usageRecord: `switch:${label}:${index}` });
  await api.post(`${at}/reversals`, { entry: mistaken.body.revision as string, reason: 'mistake' });
  const invoice = (await api.post(`${at}/invoices`, { dueOn: '2026-12-31' })).body.id as string;
  await api.post(`${at}/charges`, { ...charge, amount: '1' });
  return { account, invoice };
}

beforeAll(async () => {
  chain = await startThrowawayChain();
  mining = mine();
  api = await startTestService({ chain: { rpcUrl: chain.url } });
  folder = await mkdtemp(join(tmpdir(), 'tallyroot-bundle-'));
  genesisHash = await api.service.integrity.logs.genesisHashOf('demo');
  book = (await api.post('/v1/price-books', priceBook)).body.id as string;
  customer = await billedCustomer(book, 'north');
  neighbour = await billedCustomer(book, 'south');
  const paid = await api.post(`/v1/accounts/${customer.account}/payments`, {
    ...{ amount: '10', currency: 'EUR', method: 'bank', reference: 'R1' },
  });
  for (const { invoice } of [customer, neighbour]) await issued(invoice, paid.body.position as string);
  await api.service.integrity.anchoring.anchorer.anchorNow('demo');
}, 120_000);
afterAll(async () => {
  clearInterval(mining);
  await api.close();
  await chain.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Whoever anchors waits for finality, which a chain without traffic never reaches. */
function mine(): NodeJS.Timeout {
  return setInterval(() => void chain.provider.send('evm_mine', []).catch(() => undefined), 100);
}

/** A round that nothing makes final. */
async function committedAnew(): Promise<void> {
  const commitments = async () => {
    const types = (await Array.fromAsync(api.service.eventStore.readStream('demo.log-0'))).map(({ type }) => type);
    return types.filter((type) => type === 'StateCommitted/1').length;
  };
  const before = await commitments();
  void api.service.integrity.anchoring.anchorer.anchorNow('demo').catch(() => undefined);
  for (let attempt = 0; attempt < 1200; attempt++) {
    if ((await commitments()) > before) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('Nothing was committed.');
}

async function issued(invoice: string, after: string): Promise<void> {
  for (let attempt = 0; attempt < 1200; attempt++) {
    const { body } = await api.get(`/v1/invoices/${invoice}?after=${after}`);
    if (body.document !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Invoice ${invoice} was not issued.`);
}

async function bundleOf(path: string): Promise<ProofBundle> {
  const { status, body } = await api.get(path);
  expect([path, status]).toEqual([path, 200]);
  return body as ProofBundle;
}

const accountBundle = () => bundleOf(`/v1/accounts/${customer.account}/proof-bundle`);
const invoiceBundle = () => bundleOf(`/v1/invoices/${customer.invoice}/proof-bundle`);

async function check(bundle: ProofBundle, rpcUrls: readonly string[] = []) {
  const outcome = await verifyBill({ bundle: JSON.stringify(bundle), genesisHash, rpcUrls });
  if ('reason' in outcome) throw new Error(outcome.reason);
  return outcome;
}

/** What is wrong with a bundle after somebody changed it. */
async function wrongWith(bundle: ProofBundle): Promise<readonly string[]> {
  const outcome = await verifyBill({ bundle: JSON.stringify(bundle), genesisHash, rpcUrls: [] });
  if ('reason' in outcome) return [outcome.verdict];
  return [outcome.verdict, ...outcome.checks.filter(({ result }) => !['ok', 'not checked'].includes(result)).map(({ id }) => id)];
}

function payloadOf(leaf: ProofBundle['leaves'][number]): string {
  return Buffer.from(leaf.payload as string, 'base64').toString();
}

/** The bundle with the payload of one leaf of a type said differently. */
function saying(bundle: ProofBundle, type: string, from: string, to: string): ProofBundle {
  const at = bundle.leaves.findIndex((leaf) => entryOf(leaf).type === type && payloadOf(leaf).includes(from));
  const leaf = bundle.leaves[at] as ProofBundle['leaves'][number];
  const payload = Buffer.from(payloadOf(leaf).replace(from, to)).toString('base64');
  return { ...bundle, leaves: bundle.leaves.with(at, { ...leaf, payload }) };
}

function entryOf(leaf: ProofBundle['leaves'][number]) {
  return JSON.parse(Buffer.from(leaf.entry, 'base64').toString()) as { readonly type: string; readonly stream: string };
}

describe('[D16] anyone', () => {
  it('runs the published rules over a bundle and gets the same bill', async () => {
    const file = join(folder, 'rerate.json');
    const usage = join(folder, 'usage.csv');
    await writeFile(file, JSON.stringify(await invoiceBundle()));
    const records = ['12.5', '3.1', '0'].map((quantity, index) => `switch:north:${index},day,${quantity}`);
    await writeFile(usage, ['usageRecord,band,quantity', ...records, ''].join('\n'));
    for (const own of [[], ['--usage', usage]]) {
      const { code, output } = await tallyroot('rerate', '--bundle', file, ...own);
      expect([code, output]).toEqual([
        0,
        expect.stringMatching(/^THE SAME BILL\nRecomputed with the operator's published rules: 3 rated charges/m),
      ]);
      expect(output).toContain('30.44 EUR');
    }
    await writeFile(usage, ['usageRecord,band,quantity', ...records.slice(1), 'switch:north:0,day,12', ''].join('\n'));
    const { code, output } = await tallyroot('rerate', '--bundle', file, '--usage', usage);
    expect([code, output]).toEqual([1, expect.stringContaining('charged 0.4313 EUR, the rules come to 0.414 EUR')]);
    expect((await tallyroot('rerate', '--bundle', usage)).code).toBe(2);
  }, 120_000);
});

describe('[D16] a bill computed once more by the verifier alone, from terms and usage', () => {
  const files = { bundle: '', voice: '', internet: '', usage: '' };
  const hashes = { voice: '', internet: '' };
  const records = ['12.5', '3.1', '0'].map((quantity, index) => `switch:north:${index},day,${quantity}`);
  const written = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const published = async (terms: object) => {
    const { status, body } = await api.post('/v1/terms', { version: '1', refunds: 'None.', ...terms });
    if (status !== 201) throw new Error(JSON.stringify(body));
    return { hash: body.id as string, text: JSON.stringify((await api.get(`/v1/logs/demo/terms/${body.id}`)).body) };
  };
  const bill = (...args: string[]) => verifyBillCommand('--bundle', files.bundle, '--genesis', genesisHash, ...args);
  const bothTerms = () => ['--terms', files.voice, '--terms', files.internet];

  beforeAll(async () => {
    files.bundle = await written('terms-bundle.json', JSON.stringify(await invoiceBundle()));
    files.usage = await written('terms-usage.csv', ['usageRecord,band,quantity', ...records, ''].join('\n'));
    const priceBooks = [{ stream: `demo.pricebook-${book}`, revision: '0' }];
    const voice = await published({ offer: 'voice', price: { amount: '0.01', currency: 'EUR', cycle: 'usage' }, priceBooks });
    const internet = await published({ offer: 'internet-100', price: { amount: '29.90', currency: 'EUR', cycle: 'month' } });
    [files.voice, files.internet] = [await written('voice.json', voice.text), await written('internet.json', internet.text)];
    [hashes.voice, hashes.internet] = [voice.hash, internet.hash];
  });

  it('is the same: every price book is one of the terms that were agreed to, and every charge comes to the same', async () => {
    const named = ['--terms-hash', hashes.voice, '--terms-hash', hashes.internet];
    for (const own of [[], ['--usage', files.usage]]) {
      const { code, output } = await bill(...bothTerms(), ...named, ...own);
      expect([code, output]).toEqual([
        0,
        expect.stringContaining('THE SAME BILL by these terms: 3 rated charges, 1 at a price and 0 credits for outages'),
      ]);
      expect(output).toContain(hashes.voice);
      expect(output).toMatch(/^ {2}taken back: leaf \d+, revision 2$/m);
    }
    const { output } = await bill(...bothTerms(), '--json');
    expect(JSON.parse(output)).toMatchObject({ verdict: 'VALID', terms: { result: 'ok', rated: '3', priced: '1', differences: [] } });
  });

  it.each([
    [
      'other usage',
      ['switch:north:0,day,12', ...records.slice(1)],
      /usage record switch:north:0: charged 0.4313 EUR .+ the terms come to 0.414 EUR/,
    ],
    ['a record that was not charged', [...records, 'switch:north:9,day,1'], /usage record switch:north:9 was not charged/],
    ['a charge without a record', records.slice(1), /usage record switch:north:0: the usage does not have this record/],
  ])(
    'is another one with %s, and the first difference is named',
    async (_, lines, difference) => {
      const usage = await written('other-usage.csv', ['usageRecord,band,quantity', ...lines].join('\n'));
      const { code, output } = await bill(...bothTerms(), '--usage', usage);
      expect([code, output]).toEqual([1, expect.stringMatching(/^INVALID/)]);
      expect(output).toMatch(/ANOTHER BILL/);
      expect(output).toMatch(difference);
    },
    60_000,
  );

  it('is another one by terms with other price books or another price, or where no terms say one', async () => {
    const internet = JSON.parse(await readFile(files.internet, 'utf8')).document as { price: object };
    const dearer = await written('dearer.json', JSON.stringify({ ...internet, price: { ...internet.price, amount: '19.90' } }));
    const voice = JSON.parse(await readFile(files.voice, 'utf8')).document as object;
    const other = await written('other.json', JSON.stringify({ ...voice, priceBooks: [] }));
    const foreign = await written('foreign.json', JSON.stringify({ ...voice, provider: 'other' }));
    for (const [args, difference] of [
      [['--terms', files.voice, '--terms', dearer], 'charged 29.90 EUR for internet-100, the terms come to 19.90 EUR'],
      [['--terms', other, '--terms', files.internet], 'which no terms name'],
      [['--terms', files.voice], 'no terms say a price for internet-100'],
      [['--terms', foreign, '--terms', files.internet], 'the terms of voice are those of other'],
    ] as const) {
      const { code, output } = await bill(...args);
      expect([args, code, output]).toEqual([args, 1, expect.stringContaining(difference)]);
    }
  });

  it('is not computed from terms that hash to something else than what was agreed to, or that cannot be read', async () => {
    const forged = JSON.parse(await readFile(files.voice, 'utf8')) as { document: object };
    const file = await written('forged.json', JSON.stringify({ ...forged, document: { ...forged.document, version: '2' } }));
    for (const args of [
      ['--terms', file],
      ['--terms', files.voice, '--terms-hash', hashes.internet],
      [...bothTerms(), '--terms-hash', hashes.voice],
      ['--terms', files.usage],
      [...bothTerms(), '--usage', files.voice],
    ]) {
      const { code, output } = await bill(...args);
      expect([args, code, output]).toEqual([args, 2, expect.stringMatching(/^UNVERIFIABLE: /)]);
    }
    for (const args of [
      ['--usage', files.usage],
      ['--terms', files.voice, '--terms-hash', '0x1'],
      ['--terms', join(folder, 'nothing')],
    ]) {
      expect([args, (await bill(...args)).code]).toEqual([args, 2]);
    }
  });

  it('is not computed where its price version is missing from the bundle', async () => {
    const bundle = await written('without-prices.json', JSON.stringify(without(await invoiceBundle(), 'PriceBookPublished/1')));
    const { code, output } = await verifyBillCommand('--bundle', bundle, '--genesis', genesisHash, ...bothTerms());
    expect([code, output]).toEqual([2, expect.stringContaining('NOT COMPUTED')]);
  });
});

describe('[E4] a customer with one downloaded bundle', () => {
  it('verifies balances and every line of every invoice, offline and against the chain', async () => {
    const bundle = await accountBundle();
    for (const rpcUrls of [[], [chain.url]]) {
      const outcome = await check(bundle, rpcUrls);
      expect(outcome).toMatchObject({ verdict: 'VALID', isOffline: rpcUrls.length === 0, account: customer.account });
      // 12.5 and 3.1 minutes at 0.0345, each rounded to four decimals: 0.4313 and 0.1070.
      expect(outcome.balances.map(({ account, balance }) => [account.split(':')[1], balance])).toEqual([
        ['receivable', '20.44'],
        ['unbilled', '1.00'],
        ['wallet', '0.00'],
      ]);
      expect(outcome.invoices).toMatchObject([
        {
          ...{ invoice: customer.invoice, total: '30.44', currency: 'EUR' },
          lines: [
            { description: 'Internet 100 north', count: '1', amount: '29.90' },
            { product: 'voice-day', count: '3', amount: '0.5383' },
          ],
        },
      ]);
    }
  });

  it('has balances that the chain vouches for, however many commitments came since', async () => {
    const before = await accountBundle();
    clearInterval(mining);
    try {
      for (const amount of ['2', '3']) {
        await api.post(`/v1/accounts/${neighbour.account}/charges`, { amount, currency: 'EUR', product: 'tv', description: 'TV south' });
        await api.post(`/v1/accounts/${customer.account}/charges`, { amount, currency: 'EUR', product: 'tv', description: 'TV north' });
        await committedAnew();
      }
      const bundle = await accountBundle();
      expect(bundle.commitment.index).toBe(before.commitment.index);
      expect(bundle.leaves.length).toBe(before.leaves.length + 2);
      const outcome = await check(bundle, [chain.url]);
      expect([outcome.verdict, outcome.balances.find(({ account }) => account.includes('unbilled'))?.balance]).toEqual(['VALID', '1.00']);
    } finally {
      mining = mine();
    }
    await api.service.integrity.anchoring.anchorer.anchorNow('demo');
    const outcome = await check(await accountBundle(), [chain.url]);
    expect([outcome.verdict, outcome.balances.find(({ account }) => account.includes('unbilled'))?.balance]).toEqual(['VALID', '6.00']);
  }, 120_000);

  it('verifies one invoice alone', async () => {
    const outcome = await check(await invoiceBundle(), [chain.url]);
    expect(outcome).toMatchObject({ verdict: 'VALID', invoice: customer.invoice, leavesInTail: 0 });
    expect(outcome.invoices).toHaveLength(1);
    expect(outcome.checks.map(({ id, result }) => [id, result])).toEqual(
      ['V1', 'V2', 'V3', 'V4', 'V5', 'V7', 'V8', 'V9'].map((id) => [id, 'ok']),
    );
  });

  it('sees no data of anybody else', async () => {
    for (const bundle of [await accountBundle(), await invoiceBundle()]) {
      const text = [JSON.stringify(bundle), ...bundle.leaves.flatMap((leaf) => [JSON.stringify(entryOf(leaf)), payloadOf(leaf)])].join(
        '\n',
      );
      expect(text).toContain(customer.account);
      for (const secret of [neighbour.account, neighbour.invoice, 'south', neighbour.account.slice(4)]) expect(text).not.toContain(secret);
      const streams = new Set(bundle.leaves.map((leaf) => entryOf(leaf).stream));
      const own = [`demo.account-${customer.account}`, `demo.invoice-${customer.invoice}`, 'demo.series-main'];
      expect([...streams].filter((stream) => !own.includes(stream) && !stream.startsWith('demo.pricebook-'))).toEqual([]);
      expect(bundle.leaves.filter((leaf) => entryOf(leaf).stream === 'demo.series-main')).toHaveLength(1);
    }
  });

  it('is told when anything in it is not what the log says', async () => {
    const bundle = await accountBundle();
    const [first, ...rest] = bundle.leaves;
    const zeros = '0'.repeat(64);
    const leaf = first as ProofBundle['leaves'][number];
    const flipped = (hash: string) => hash.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    const balance = bundle.balances.find(({ value }) => value !== undefined) as ProofBundle['balances'][number];
    const others = bundle.balances.filter((each) => each !== balance);
    const [anchor] = bundle.anchors as [ProofBundle['anchors'][number]];
    const changed: readonly [string, ProofBundle, readonly string[]][] = [
      ['an amount', saying(bundle, 'ChargePosted/1', '"29.90"', '"19.90"'), ['INVALID', 'V7']],
      ['a line', saying(bundle, 'InvoiceIssued/1', '"0.5383"', '"0.5382"'), ['INVALID', 'V7']],
      ['a path', { ...bundle, leaves: [{ ...leaf, path: leaf.path.map(flipped) }, ...rest] }, ['INVALID', 'V3']],
      ['a shorter path', { ...bundle, leaves: [{ ...leaf, path: leaf.path.slice(1) }, ...rest] }, ['INVALID', 'V3']],
      ['another index', { ...bundle, leaves: [{ ...leaf, index: '1' }, ...rest] }, ['INVALID', 'V3']],
      [
        'a balance',
        { ...bundle, balances: [...others, { ...balance, value: balance.value!.replace(/\d(?=","c)/, '9') }] },
        ['INVALID', 'V8'],
      ],
      ['a balance denied', { ...bundle, balances: [...others, withoutValue(balance)] }, ['INVALID', 'V8']],
      ['a sibling', { ...bundle, balances: [...others, { ...balance, siblings: [zeros, ...balance.siblings] }] }, ['INVALID', 'V8']],
      ['a head', { ...bundle, checkpoint: bundle.checkpoint.replace(/\n[A-Za-z0-9+/]{43}=/, `\n${'A'.repeat(43)}=`) }, ['INVALID']],
      ['an anchor', { ...bundle, anchors: [{ ...anchor, root: `0x${zeros}` }] }, ['INVALID', 'V3']],
      ['a charge left out', without(bundle, 'ChargePosted/1'), ['UNVERIFIABLE', 'V5', 'V9']],
      ['an invoice left out', without(bundle, 'InvoiceIssued/1'), ['UNVERIFIABLE', 'V9']],
      ['a number left out', without(bundle, 'NumberAssigned/1'), ['UNVERIFIABLE', 'V9']],
      ['prices left out', without(bundle, 'PriceBookPublished/1'), ['UNVERIFIABLE', 'V9']],
      ['balances left out', { ...bundle, balances: [] }, ['UNVERIFIABLE', 'V8']],
      ['a lost event', { ...bundle, leaves: [{ ...leaf, payload: null }, ...rest] }, ['UNVERIFIABLE', 'V7']],
      ['another format', { ...bundle, v: 'x' as never }, ['UNVERIFIABLE']],
    ];
    for (const [what, forged, expected] of changed) {
      const told = await wrongWith(forged);
      expect([what, ...told.slice(0, expected.length)]).toEqual([what, ...expected]);
    }
    expect(await verifyBill({ bundle: JSON.stringify(bundle), genesisHash: 'a'.repeat(64), rpcUrls: [] })).toMatchObject({
      verdict: 'INVALID',
    });
    expect(await verifyBill({ bundle: 'x', genesisHash, rpcUrls: [] })).toMatchObject({ verdict: 'UNVERIFIABLE' });
  });

  it('learns what waits for its anchor: an invoice may not, and balances only beside an invoice', async () => {
    const bundle = await invoiceBundle();
    expect(await check({ ...bundle, anchors: [] }, [chain.url])).toMatchObject({ verdict: 'UNVERIFIABLE', provenSize: 0 });
    const [anchor] = bundle.anchors as [ProofBundle['anchors'][number]];
    await api.post(`/v1/accounts/${customer.account}/top-ups`, { amount: '5', currency: 'EUR', method: 'card' });
    await api.service.integrity.anchoring.anchorer.anchorNow('demo');
    // As if the newest anchor were not final yet: the bundle leads to the one before, which covers the invoice alone.
    for (const [newer, verdict] of [
      [await invoiceBundle(), 'VALID'],
      [await accountBundle(), 'UNVERIFIABLE'],
    ] as const) {
      const size = BigInt(newer.checkpoint.split('\n')[1] as string);
      const proof = await api.service.integrity.query.consistency('demo', BigInt(anchor.size), size);
      const older = { ...anchor, consistency: proof.map((hash) => hash.toString('hex')) };
      const outcome = await check({ ...newer, anchors: [older] }, [chain.url]);
      expect([outcome.verdict, outcome.provenSize]).toEqual([verdict, Number(anchor.size)]);
      expect(outcome.commitment?.index).toBeGreaterThanOrEqual(outcome.provenSize);
      expect(await check(newer, [chain.url])).toMatchObject({ verdict: 'VALID' });
    }
  });

  it('downloads by a key of its own what verifies the bill, and nothing of the neighbour', async () => {
    const keyOf = async ({ account }: { readonly account: string }) => ({
      authorization: `Bearer ${(await api.post(`/v1/accounts/${account}/customer-keys`, {})).body.token as string}`,
    });
    const [own, foreign] = [await keyOf(customer), await keyOf(neighbour)];
    const file = join(folder, 'own.json');
    for (const path of [`/v1/invoices/${customer.invoice}/proof-bundle`, `/v1/accounts/${customer.account}/proof-bundle`]) {
      const downloaded = await api.get(path, own);
      expect([path, downloaded.status]).toEqual([path, 200]);
      await writeFile(file, JSON.stringify(downloaded.body));
      const { code, output } = await tallyroot('verify-bill', '--bundle', file, '--genesis', genesisHash, '--rpc', chain.url);
      expect([path, code, output]).toEqual([path, 0, expect.stringMatching(/^VALID: (inv|acc)_/)]);
      expect([path, (await api.get(path, foreign)).status]).toEqual([path, 404]);
    }
    const signed = await api.get(`/v1/accounts/${customer.account}/balances/signed`, own);
    expect(JSON.parse(signed.body.current.value as string)).toMatchObject({ account: customer.account });
    const invoice = await api.get(`/v1/invoices/${customer.invoice}/signed`, own);
    expect(JSON.parse(invoice.body.current.value as string)).toMatchObject({ invoice: customer.invoice, total: '30.44', paid: '10.00' });
    const statement = await api.get(`/v1/accounts/${customer.account}/statement`, own);
    expect(JSON.stringify(statement.body)).toContain(customer.invoice);
  }, 120_000);

  it('runs the command that the guide names', async () => {
    const file = join(folder, 'bundle.json');
    await writeFile(file, JSON.stringify(await invoiceBundle()));
    const { code, output } = await verifyBillCommand('--bundle', file, '--genesis', genesisHash);
    expect([code, output]).toEqual([0, expect.stringMatching(/^VALID \(no chain checked\): inv_/)]);
    expect(output).toMatch(/29\.90 EUR {2}1 x Internet 100 north, internet-100 \(leaves \d+\)/);
    const onChain = await verifyBillCommand('--bundle', file, '--genesis', genesisHash, '--rpc', chain.url, '--json');
    expect([onChain.code, JSON.parse(onChain.output)]).toEqual([0, expect.objectContaining({ verdict: 'VALID' })]);
    expect((await verifyBillCommand('--bundle', file, '--genesis', 'a'.repeat(64))).code).toBe(1);
    for (const args of [['--bundle', join(folder, 'nothing'), '--genesis', genesisHash], ['--bundle', file], ['--nonsense']])
      expect([args, (await verifyBillCommand(...args)).code]).toEqual([args, 2]);
  });

  it('writes the same file from the command line', async () => {
    const [file, other] = [join(folder, 'written.json'), join(folder, 'account.json')];
    const written = await tallyroot('bundle', '--invoice', customer.invoice, '--out', file, '--data', api.dataFolder);
    expect([written.code, written.output]).toEqual([0, expect.stringContaining(`genesis hash ${genesisHash}`)]);
    expect(await check(JSON.parse(await readFile(file, 'utf8')) as ProofBundle)).toMatchObject({ verdict: 'VALID' });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await tallyroot('bundle', '--account', customer.account, '--out', other, '--data', api.dataFolder)).code).toBe(0);
    for (const args of [
      [],
      ['--account', 'acc_1', '--out', file],
      ['--account', customer.account, '--invoice', customer.invoice, '--out', file],
    ])
      expect([args, (await tallyroot('bundle', ...args)).code]).toEqual([args, 2]);
  }, 120_000);

  it('finds the postings of an account in the books for hledger', async () => {
    const file = join(folder, 'books.journal');
    const { code, output } = await tallyroot('export', '--hledger', '--out', file, '--data', api.dataFolder);
    expect([code, output]).toEqual([0, expect.stringMatching(/\d+ transactions of demo/)]);
    const journal = await readFile(file, 'utf8');
    expect(journal).toMatch(new RegExp(`^    asset:receivable:${customer.account}  30\\.44 EUR$`, 'm'));
    expect(journal.match(/^\d{4}-\d{2}-\d{2} /gm)).toHaveLength(Number(/(\d+) transactions/.exec(output)?.[1]));
  }, 120_000);

  it('is told where there is nothing to download', async () => {
    const unknown = '00000000-0000-5000-8000-000000000000';
    expect(await api.get(`/v1/accounts/acc_${unknown}/proof-bundle`)).toMatchObject({ status: 404, body: { code: 'account_not_found' } });
    expect(await api.get(`/v1/invoices/inv_${unknown}/proof-bundle`)).toMatchObject({ status: 404, body: { code: 'invoice_not_found' } });
    const fresh = await api.post('/v1/accounts', { billing: 'prepaid', currency: 'EUR' });
    const outcome = await check(await bundleOf(`/v1/accounts/${fresh.body.id as string}/proof-bundle`));
    expect(outcome.balances.map(({ balance }) => balance)).toEqual(['0.00', '0.00', '0.00']);
  });
});

function without(bundle: ProofBundle, type: string): ProofBundle {
  const at = bundle.leaves.findIndex((leaf) => entryOf(leaf).type === type);
  return { ...bundle, leaves: bundle.leaves.toSpliced(at, 1) };
}

function withoutValue({ value: _, ...balance }: ProofBundle['balances'][number]): ProofBundle['balances'][number] {
  return balance;
}

/** `bin/tallyroot` on this ledger, as a child. */
async function tallyroot(...args: string[]): Promise<{ readonly code: number; readonly output: string }> {
  const command = new StartedCommand(args, api.environment);
  return { code: (await command.exit) ?? 2, output: command.output };
}

function verifyBillCommand(...args: string[]): Promise<{ readonly code: number; readonly output: string }> {
  const cli = join(projectRoot(import.meta.dirname), 'verifier', 'bill-cli.ts');
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [cli, ...args], (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? 2, output: stdout + stderr }),
    );
  });
}
