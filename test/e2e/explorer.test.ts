import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startThrowawayChain, type ThrowawayChain } from '../../bench/support/throwaway-chain.ts';
import type { AnchorRecord } from '../../services/integrity/application/anchors-query.ts';
import { stateKeyOf } from '../../services/integrity/domain/committed-state.ts';
import { leafHashOf } from '../../services/integrity/domain/leaf.ts';
import { projectRoot } from '../../services/read-store/project-root.ts';
import { verifyEntries } from '../../verifier/entries/verify-entries.ts';
import { verifyInclusion } from '../../verifier/merkle.ts';
import { type Answer, startTestService, type TestService } from '../support/service.ts';

let chain: ThrowawayChain;
let mining: NodeJS.Timeout;
let api: TestService;
let account: string;
let invoice: string;
let position: string;
/** Of the one payment. */
let payment: { id: string; revision: string };
let other: Readonly<Record<string, string>>;
const nobody = { authorization: '' };

async function sent(path: string, body: object): Promise<Answer['body']> {
  const answer = await api.post(path, body);
  expect([path, answer.status]).toEqual([path, 201]);
  position = answer.body.position as string;
  return answer.body;
}

beforeAll(async () => {
  chain = await startThrowawayChain();
  mining = setInterval(() => void chain.provider.send('evm_mine', []).catch(() => undefined), 100);
  api = await startTestService({ chain: { rpcUrl: chain.url } });
  const operator = { authorization: `Bearer ${api.operatorToken}` };
  await api.post('/v1/providers', { slug: 'other', name: 'Other' }, operator);
  other = { authorization: `Bearer ${(await api.post('/v1/providers/other/api-keys', {}, operator)).body.token}` };
  account = (await sent('/v1/accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '100' })).id as string;
  const charge = { amount: '4.275', currency: 'EUR', product: 'internet-100', description: 'Internet 100' };
  await sent(`/v1/accounts/${account}/charges`, charge);
  invoice = (await sent(`/v1/accounts/${account}/invoices`, { dueOn: '2026-12-31' })).id as string;
  const paid = await sent(`/v1/accounts/${account}/payments`, { amount: '1', currency: 'EUR', method: 'bank', reference: 'R1' });
  payment = { id: paid.events[0].id as string, revision: paid.revision as string };
  await until(
    () => api.get(`/v1/invoices/${invoice}?after=${position}`),
    ({ body }) => body.document !== undefined,
  );
  await api.service.integrity.anchoring.anchorer.anchorNow('demo');
  const anchored = () => api.service.integrity.anchoring.anchors.anchors('demo');
  await until(anchored, (anchors) => anchors.length > 0);
}, 120_000);
afterAll(async () => {
  clearInterval(mining);
  await api.close();
  await chain.stop();
});

async function until<Value>(ask: () => Promise<Value>, isDone: (value: Value) => boolean): Promise<Value> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const value = await ask();
    if (isDone(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('What was waited for did not come.');
}

const search = (text: string, headers: Readonly<Record<string, string>> = {}, more = '') =>
  api.get(`/v1/logs/demo/search?q=${encodeURIComponent(text)}${more}`, headers);

async function found(text: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer['body']['results']> {
  const { status, body } = await search(text, headers);
  expect([text, status, body.code]).toEqual([text, 200, undefined]);
  return body.results;
}

/** Follows a link as the API gave it. */
async function shown(link: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer['body']> {
  const { status, body } = await api.get(link, headers);
  expect([link, status]).toEqual([link, 200]);
  return body;
}

/** The text of an exported file, as a browser would save it. */
async function downloaded(
  link: string,
  name: string,
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${api.token}` },
) {
  const answer = await fetch(api.service.url + link, { headers });
  expect([link, answer.status, answer.headers.get('content-disposition')]).toEqual([link, 200, `attachment; filename="${name}"`]);
  return answer.text();
}

/** What the auditor's own tool says of a file, with nothing but the genesis hash and a node. */
async function verified(file: string, rpcUrls: readonly string[] = []) {
  return verifyEntries({ file, genesisHash: await api.service.integrity.logs.genesisHashOf('demo'), rpcUrls });
}

const bytesOf = (hex: string) => Buffer.from(hex, 'hex');
const stream = () => `demo.account-${account}`;
const entryOfPayment = async () => (await found(payment.id))[0] as { index: string; leafHash: string; links: { entry: string } };

describe('[E10] an auditor looks through a log', () => {
  it('finds an entry by event id, leaf hash, index, place and stream, with or without a token', async () => {
    const { index, leafHash } = await entryOfPayment();
    for (const headers of [{}, nobody]) {
      for (const [text, matched] of [
        [payment.id, 'event_id'],
        [payment.id.toUpperCase(), 'event_id'],
        [leafHash, 'leaf_hash'],
        [`0x${leafHash}`, 'leaf_hash'],
        [index, 'index'],
        [`${stream()}@${payment.revision}`, 'place'],
      ] as const) {
        const entry = { kind: 'entry', matched, index, leafHash, eventId: payment.id, stream: stream(), type: 'PaymentReceived/1' };
        expect([text, await found(text, headers)]).toEqual([text, expect.arrayContaining([expect.objectContaining(entry)])]);
      }
      const entries = await found(stream(), headers);
      expect(entries.map(({ revision }: { revision: string }) => revision)).toEqual(['0', '1', '2', '3']);
    }
  });

  it('finds an invoice by its printed number, with a token', async () => {
    const [first, ...rest] = await found('INV-000001');
    expect(rest).toEqual([]);
    expect(first).toMatchObject({ kind: 'invoice', number: 'INV-000001', invoice, account, status: 'partially_paid', total: '4.28' });
    const entry = await shown(first.links.entry as string);
    expect(entry).toMatchObject({
      type: 'InvoiceIssued/1',
      payload: 'shown',
      invoice: { number: 'INV-000001', document: { lines: [{}] } },
    });
    expect(JSON.parse(entry.event.data as string).fin).toMatchObject({ number: 'INV-000001', total: '4.28' });
    await shown(first.links.proofBundle as string);
  });

  it('finds what posts to an account by its hash, its name and its customer, with a token', async () => {
    const ledgerAccount = `asset:receivable:${account}`;
    const accountHash = Buffer.from(stateKeyOf(ledgerAccount, 'EUR'), 'latin1').toString('hex');
    for (const text of [accountHash, ledgerAccount]) {
      const [place, ...entries] = await found(text);
      expect(place).toMatchObject({ kind: 'account', ledgerAccount, currency: 'EUR', balance: '3.28', accountHash });
      expect(entries.map(({ type }: { type: string }) => type)).toEqual(['ChargesClosed/1', 'PaymentReceived/1']);
      const state = await shown(place.links.state as string);
      expect(JSON.stringify(state)).toContain(accountHash);
    }
    const ofCustomer = await found(account);
    expect(ofCustomer.map(({ ledgerAccount: name, type }: Record<string, string>) => name ?? type)).toEqual([
      ledgerAccount,
      `asset:unbilled:${account}`,
      ...['ChargePosted/1', 'ChargesClosed/1', 'PaymentReceived/1'],
    ]);
  });

  it('finds an anchor by its transaction, its root and its size, and what it covers', async () => {
    const [anchor] = await api.service.integrity.anchoring.anchors.anchors('demo');
    const { tx, root, size, block, blockHash, chainId, contract } = anchor as AnchorRecord;
    for (const [text, matched] of [
      [tx, 'transaction'],
      [root, 'root'],
      [root.slice(2), 'root'],
      [size, 'size'],
    ] as const) {
      const expected = { kind: 'anchor', matched, tx, root, size, block, blockHash, chainId, contract, state: 'finalised' };
      expect([text, await found(text, nobody)]).toEqual([text, expect.arrayContaining([expect.objectContaining(expected)])]);
    }
    const [byTransaction] = await found(tx);
    expect(await shown(byTransaction.links.consistency as string, nobody)).toMatchObject({ from: size });
    const head = (await found(size)).find(({ kind }: { kind: string }) => kind === 'head');
    expect(head).toMatchObject({ size, root: root.slice(2) });
  });

  it('sees of an entry its text, its proofs, its anchors, its neighbours and the stored event', async () => {
    const { links, index } = await entryOfPayment();
    const entry = await shown(links.entry);
    expect(JSON.parse(entry.entry as string)).toEqual(entry.envelope);
    expect(leafHashOf(entry.entry as string)).toBe(entry.leafHash);
    const isIn = (size: string, root: string, proof: readonly string[]) =>
      verifyInclusion({
        ...{ leafHash: bytesOf(entry.leafHash as string), root: bytesOf(root), proof: proof.map(bytesOf) },
        ...{ index: BigInt(index), size: BigInt(size) },
      });
    expect(isIn(entry.size as string, entry.root as string, entry.proof as string[])).toBe(true);
    expect((entry.checkpoint as string).split('\n').slice(1, 3)).toEqual([
      entry.size,
      Buffer.from(entry.root as string, 'hex').toString('base64'),
    ]);
    const [anchor] = entry.anchors as { size: string; root: string; proof: string[]; state: string; block: string }[];
    expect(anchor).toMatchObject({ state: 'finalised', contract: api.service.integrity.contract?.contract });
    expect(anchor && isIn(anchor.size, anchor.root.slice(2), anchor.proof)).toBe(true);
    expect(entry.previous).toMatchObject({ stream: stream(), revision: '2', type: 'ChargesClosed/1' });
    expect(entry.envelope.prev).toBe(entry.previous.leafHash);
    expect(entry.next).toBeUndefined();
    const events = await Array.fromAsync(api.service.eventStore.readStream(stream(), { fromRevision: BigInt(payment.revision) }));
    const { id, type, data, metadata } = events[0] as (typeof events)[number];
    expect(entry.event).toEqual({ id, type, data, metadata, stream: stream(), revision: payment.revision });
  });

  it('sees no payload without a token, but for the leaves that the log says about itself', async () => {
    const { links } = await entryOfPayment();
    const closed = await shown(links.entry, nobody);
    expect(closed).toMatchObject({ payload: 'withheld', type: 'PaymentReceived/1' });
    expect(closed).not.toHaveProperty('event');
    expect(closed).not.toHaveProperty('invoice');
    const genesis = await shown('/v1/logs/demo/entries/0', nobody);
    expect(genesis).toMatchObject({ payload: 'shown', type: 'LogGenesis/1', event: { stream: 'demo.log-0' } });
    const [commitment] = (await found('demo.log-0', nobody)).filter(({ type }: { type: string }) => type === 'StateCommitted/1');
    expect(await shown(commitment.links.entry as string, nobody)).toMatchObject({ payload: 'withheld' });
  });

  it('finds nothing without a token of what stands in payloads alone', async () => {
    const accountHash = Buffer.from(stateKeyOf(`asset:receivable:${account}`, 'EUR'), 'latin1').toString('hex');
    for (const text of ['INV-000001', 'INV-999999', account, 'revenue:internet-100', 'revenue:nothing'])
      expect([text, (await search(text, nobody)).body.code]).toEqual([text, 'unauthenticated']);
    expect((await search(accountHash, nobody)).body.code).toBe('log_entry_not_found');
  });

  it('pages through a stream and an account, each entry once', async () => {
    for (const text of [stream(), account, `asset:receivable:${account}`]) {
      const whole = (await found(text)).map(({ index, accountHash }: Record<string, string>) => index ?? accountHash);
      const paged: string[] = [];
      for (let next: string | undefined = ''; next !== undefined;) {
        const { status, body }: Answer = await search(text, {}, `&limit=1${next && `&from=${next}`}`);
        expect([text, next, status]).toEqual([text, next, 200]);
        paged.push(...(body.results as Record<string, string>[]).map(({ index, accountHash }) => (index ?? accountHash) as string));
        next = body.next as string | undefined;
      }
      expect([text, paged]).toEqual([text, whole]);
    }
  });

  it('takes an entry home, and checks it with nothing but the genesis hash and a node', async () => {
    const { links, index, leafHash } = await entryOfPayment();
    const name = `demo-entry-${index}.json`;
    const [open, closed] = [await downloaded(`${links.entry}/export`, name), await downloaded(`${links.entry}/export`, name, {})];
    for (const rpcUrls of [[], [chain.url]]) {
      const entry = { index: Number(index), hash: leafHash, entry: { id: payment.id, type: 'PaymentReceived/1' } };
      expect(await verified(open, rpcUrls)).toMatchObject({ verdict: 'VALID', entries: [{ ...entry, payload: 'opened' }] });
      expect(await verified(closed, rpcUrls)).toMatchObject({ verdict: 'VALID', entries: [{ ...entry, payload: 'withheld' }] });
    }
    expect(await verified(open)).toMatchObject({ isOffline: true, checks: [{ id: 'V1', result: 'not checked' }, {}, {}, {}, {}] });
    expect(await verified(open, [chain.url])).toMatchObject({ isOffline: false, lastAnchor: { seq: expect.anything() } });
    expect((await api.get(`${links.entry}/export?x=1`)).body.code).toBe('query_invalid');
    expect((await api.get('/v1/logs/demo/entries/9999/export')).body.code).toBe('log_entry_not_found');
  });

  it('sees what is wrong with a file that somebody changed', async () => {
    const { links, index } = await entryOfPayment();
    const text = await downloaded(`${links.entry}/export`, `demo-entry-${index}.json`);
    type File = { entries: Record<string, unknown>[]; anchors: Record<string, unknown>[]; checkpoint: string; v: string };
    const changed = async (change: (file: File, entry: Record<string, unknown>) => void) => {
      const file = JSON.parse(text) as File;
      change(file, file.entries[0] as Record<string, unknown>);
      const outcome = await verified(JSON.stringify(file));
      return 'reason' in outcome
        ? [outcome.verdict]
        : [outcome.verdict, ...outcome.checks.filter(({ result }) => !['ok', 'not checked'].includes(result)).map(({ id }) => id)];
    };
    const base64 = (value: unknown, from: string, to: string) =>
      Buffer.from(
        Buffer.from(value as string, 'base64')
          .toString()
          .replace(from, to),
      ).toString('base64');
    const zeros = '0'.repeat(64);
    const cases: readonly [string, (file: File, entry: Record<string, unknown>) => void, readonly string[]][] = [
      ['an amount', (_, entry) => (entry['payload'] = base64(entry['payload'], '"1.00"', '"9.00"')), ['INVALID', 'V7']],
      ['who did it', (_, entry) => (entry['metadata'] = base64(entry['metadata'], 'api_key', 'process')), ['INVALID', 'V7']],
      ['a salt', (_, entry) => (entry['salt'] = zeros), ['INVALID', 'V7']],
      ['a time', (_, entry) => (entry['entry'] = base64(entry['entry'], '"at":"2', '"at":"1')), ['INVALID', 'V3']],
      ['an index', (_, entry) => (entry['index'] = '1'), ['INVALID', 'V3']],
      ['a hash of the path', (_, entry) => (entry['path'] = [zeros, ...(entry['path'] as string[]).slice(1)]), ['INVALID', 'V3']],
      ['a shorter path', (_, entry) => (entry['path'] = (entry['path'] as string[]).slice(1)), ['INVALID', 'V3']],
      [
        'a signature',
        (file) => (file.checkpoint = file.checkpoint.replace(/\S+\n$/, (text) => 'A'.repeat(text.length - 1) + '\n')),
        ['INVALID'],
      ],
      ['an anchor', (file) => ((file.anchors[0] as Record<string, unknown>)['root'] = `0x${zeros}`), ['INVALID', 'V3']],
      ['a lost event', (_, entry) => Object.assign(entry, { payload: null, absent: 'missing' }), ['UNVERIFIABLE', 'V7']],
      ['no entries', (file) => (file.entries = []), ['UNVERIFIABLE']],
      ['another format', (file) => (file.v = 'x'), ['UNVERIFIABLE']],
    ];
    for (const [what, change, expected] of cases)
      expect([what, (await changed(change)).slice(0, expected.length)]).toEqual([what, expected]);
    for (const file of ['', '{}', '[]', 'x\ny', '{"v":"tallyroot-entries/1"}'])
      expect([file, (await verified(file)).verdict]).toEqual([file, 'UNVERIFIABLE']);
    expect(await verifyEntries({ file: text, genesisHash: 'a'.repeat(64), rpcUrls: [] })).toMatchObject({ verdict: 'INVALID' });
  });

  it('takes home all that posts to an account as JSON lines, each with its proof', async () => {
    const text = await downloaded((await search(account)).body.links.export as string, 'demo-search.jsonl');
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; type?: string });
    expect(lines.map(({ kind, type }) => type ?? kind)).toEqual([
      ...['log', 'account', 'account', 'ChargePosted/1', 'ChargesClosed/1', 'PaymentReceived/1'],
    ]);
    const outcome = await verified(text, [chain.url]);
    expect(outcome).toMatchObject({ verdict: 'VALID', entries: Array(3).fill({ payload: 'opened' }) });
    expect((await api.get('/v1/logs/demo/search/export?q=INV-000001', nobody)).body.code).toBe('unauthenticated');
    expect((await api.get('/v1/logs/demo/search/export?q=INV-999999')).body.code).toBe('log_entry_not_found');
    expect((await api.get('/v1/logs/demo/search/export?q=')).body.code).toBe('query_invalid');
  });

  it('takes home a stream that is longer than what is read in one go', async () => {
    const long = (await api.post('/v1/accounts', { billing: 'prepaid', currency: 'EUR' })).body.id as string;
    const topUp = { amount: '1', currency: 'EUR', method: 'card' };
    const answers = await Promise.all(Array.from({ length: 300 }, () => api.post(`/v1/accounts/${long}/top-ups`, topUp)));
    const last = answers.map(({ body }) => BigInt(body.position as string)).reduce((left, right) => (left > right ? left : right));
    await until(
      () => search(`demo.account-${long}@300`),
      ({ status }) => status === 200,
    );
    for (const [text, first] of [
      [`demo.account-${long}`, 0],
      [`liability:wallet:${long}:money`, 1],
    ] as const) {
      const outcome = await verified(await downloaded(`/v1/logs/demo/search/export?q=${text}&after=${last}`, 'demo-search.jsonl'));
      if ('reason' in outcome) throw new Error(outcome.reason);
      expect([text, outcome.verdict]).toEqual([text, 'VALID']);
      expect(outcome.entries.map(({ entry }) => entry.revision)).toEqual(Array.from({ length: 301 - first }, (_, at) => at + first));
    }
  });

  it('runs the command that the guide names', async () => {
    const { links, index } = await entryOfPayment();
    const file = join(api.dataFolder, 'entry.json');
    await writeFile(file, await downloaded(`${links.entry}/export`, `demo-entry-${index}.json`));
    const genesis = await api.service.integrity.logs.genesisHashOf('demo');
    const offline = await verifyEntriesCommand('--file', file, '--genesis', genesis);
    expect([offline.code, offline.output]).toEqual([
      0,
      expect.stringMatching(/^VALID \(no chain checked\): 1 entries, .*leaf \d+ .*payload opened/s),
    ]);
    const onChain = await verifyEntriesCommand('--file', file, '--genesis', genesis, '--rpc', chain.url, '--json');
    expect([onChain.code, JSON.parse(onChain.output)]).toEqual([0, expect.objectContaining({ verdict: 'VALID' })]);
    expect((await verifyEntriesCommand('--file', file, '--genesis', 'a'.repeat(64))).code).toBe(1);
    for (const args of [['--file', join(api.dataFolder, 'nothing'), '--genesis', genesis], ['--file', file], ['--bundle', file], []])
      expect([args, (await verifyEntriesCommand(...args)).code]).toEqual([args, 2]);
  });

  it('is told to ask again for what no published head covers yet', async () => {
    const id = 'ffffffff-0000-5000-8000-000000000000';
    const index = '4000000000';
    const owner = new pg.Client({ connectionString: api.ownerUrl });
    await owner.connect();
    try {
      // A leaf that the sequencer has written a moment before it signs.
      await owner.query(
        `insert into tallyroot.integrity_leaf
         select log, $1, store_position, 'demo.account-x', 0, $2, sha256('x'), entry from tallyroot.integrity_leaf where log = 'demo' and leaf_index = 1`,
        [index, id],
      );
      for (const path of [
        `search?q=${id}`,
        `search?q=${index}`,
        'search?q=demo.account-x',
        `entries/${index}`,
        `entries/${index}/export`,
      ]) {
        const { status, body, headers } = await api.get(`/v1/logs/demo/${path}`);
        expect([path, status, body.code, headers.get('retry-after')]).toEqual([path, 404, 'proof_not_available', '1']);
      }
    } finally {
      await owner.query('delete from tallyroot.integrity_leaf where event_id = $1', [id]);
      await owner.end();
    }
  });

  it('is told that there is nothing, and nothing else, where there is nothing or it is another’s', async () => {
    const { links, leafHash } = await entryOfPayment();
    const unknown = '00000000-0000-5000-8000-000000000000';
    for (const text of [
      unknown,
      'ab'.repeat(32),
      `0x${'ab'.repeat(32)}`,
      '9223372036854775807',
      'INV-999999',
      `acc_${unknown}`,
      'revenue:x',
      'demo.log-1',
    ])
      expect([text, (await search(text)).status, (await search(text)).body.code]).toEqual([text, 404, 'log_entry_not_found']);
    expect(await api.get('/v1/logs/demo/entries/9223372036854775807')).toMatchObject({
      status: 404,
      body: { code: 'log_entry_not_found' },
    });
    const last = '9223372036854775807';
    for (const text of ['demo.log-0', account])
      expect([text, (await search(text, {}, `&from=${last}`)).body.code]).toEqual([text, 'log_entry_not_found']);
    expect((await search(`demo.log-0@${last}`)).body.code).toBe('log_entry_not_found');
    const absent = (await api.get('/v1/logs/nobody/search?q=0')).body;
    for (const path of [
      `/search?q=${payment.id}`,
      `/search?q=${leafHash}`,
      '/search?q=INV-000001',
      links.entry.replace('/v1/logs/demo', ''),
    ]) {
      const { status, body } = await api.get(`/v1/logs/demo${path}`, other);
      expect([path, status, { ...body, traceId: '' }]).toEqual([path, 404, { ...absent, traceId: '' }]);
    }
    // The other's own log has none of it.
    for (const text of [payment.id, leafHash, account, 'INV-000001', stream()])
      expect([text, (await api.get(`/v1/logs/other/search?q=${text}`, other)).body.code]).toEqual([text, 'log_entry_not_found']);
  });

  it('is told what is wrong with a question', async () => {
    const malformed = [
      '',
      '%00',
      'a'.repeat(10_000),
      '0x12',
      'ab'.repeat(31),
      '01',
      '-1',
      '9223372036854775808',
      '%F0%9F%92%B6',
      'demo.log-0@x',
    ];
    for (const text of malformed) {
      const { status, body } = await api.get(`/v1/logs/demo/search?q=${text}`);
      expect([text, status, body.code, body.params]).toEqual([
        ...[text, 400, 'query_invalid'],
        { errors: [{ field: 'q', code: 'parameter_malformed' }] },
      ]);
    }
    for (const [query, field] of [
      ['', 'q'],
      ['q=0&q=1', 'q'],
      ['q=0&from=1', 'from'],
      ['q=demo.log-0&from=x', 'from'],
      ['q=demo.log-0&limit=0', 'limit'],
      ['q=demo.log-0&limit=501', 'limit'],
      ['q=0&nonsense=1', 'nonsense'],
    ])
      expect([query, (await api.get(`/v1/logs/demo/search?${query}`)).body.params]).toMatchObject([query, { errors: [{ field }] }]);
    for (const index of ['x', '-1', '01', '%00', '9'.repeat(40)])
      expect([index, (await api.get(`/v1/logs/demo/entries/${index}`)).status]).toEqual([index, 404]);
    for (const slug of ['%00', 'DEMO', 'x'])
      expect([slug, (await api.get(`/v1/logs/${slug}/search?q=0`)).body.code]).toEqual([slug, 'log_not_found']);
    const wrong = { authorization: `Bearer ${api.token}x` };
    for (const path of ['search?q=0', 'entries/0'])
      expect((await api.get(`/v1/logs/demo/${path}`, wrong)).body.code).toBe('unauthenticated');
  });
});

function verifyEntriesCommand(...args: string[]): Promise<{ readonly code: number; readonly output: string }> {
  const cli = join(projectRoot(import.meta.dirname), 'verifier', 'entries-cli.ts');
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [cli, ...args], (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? 2, output: stdout + stderr }),
    );
  });
}
