import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startThrowawayChain, type ThrowawayChain } from '../../bench/support/throwaway-chain.ts';
import { exportLog } from '../../services/integrity/application/export-log.ts';
import { verifyLog } from '../../services/main/demo/verify-log.ts';
import { verifyConsistency, verifyInclusion } from '../../verifier/merkle.ts';
import { hasGo, judgedByPeer, judgedByVerifier } from '../support/log-verifier-peer.ts';
import type { Intruder, StoredFields } from '../support/intruder.ts';
import { startTestService, type TestService } from '../support/service.ts';

let chain: ThrowawayChain;
let api: TestService;
let owner: pg.Client;
let intruder: Intruder;
let folder: string;
let genesisHash: string;
let mining: NodeJS.Timeout;
let account: string;

beforeAll(async () => {
  execFileSync(process.execPath, [join(import.meta.dirname, '..', '..', 'bin', 'tallyroot'), 'build'], { stdio: 'ignore' }); // The page is built.
  chain = await startThrowawayChain();
  // Whoever anchors waits for finality, which a chain without traffic never reaches.
  mining = setInterval(() => void chain.provider.send('evm_mine', []).catch(() => undefined), 100);
  api = await startTestService({ chain: { rpcUrl: chain.url } });
  owner = new pg.Client({ connectionString: api.ownerUrl });
  await owner.connect();
  intruder = await api.intruder();
  folder = await mkdtemp(join(tmpdir(), 'tallyroot-proof-'));
  genesisHash = await api.service.integrity.logs.genesisHashOf('demo');
  account = (await api.post('/v1/accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '500' })).body.id as string;
  for (const amount of ['10', '20', '30.5']) {
    await api.post(`/v1/accounts/${account}/charges`, { amount, currency: 'EUR', product: 'internet-100', description: 'Internet 100' });
  }
  await api.post(`/v1/accounts/${account}/invoices`, { dueOn: '2026-12-31' });
  await api.service.integrity.anchoring.anchorer.anchorNow('demo');
});
afterAll(async () => {
  clearInterval(mining);
  await intruder.leave();
  await owner.end();
  await api.close();
  await chain.stop();
  await rm(folder, { recursive: true, force: true });
});

const verifyLive = () => verifyLog({ log: `${api.service.url}/logs/demo/`, genesisHash, rpcUrl: chain.url, token: api.token });

/** Verifies while something is changed behind the ledger's back. */
async function withChange(change: () => Promise<() => Promise<unknown>>) {
  const undo = await change();
  try {
    return await verifyLive();
  } finally {
    await undo();
  }
}

interface ChargeEvent {
  readonly position: string;
  readonly id: string;
  readonly leaf: string;
}

async function chargeEvent(): Promise<ChargeEvent> {
  const { rows } = await owner.query<ChargeEvent>(
    `select store_position as position, event_id as id, leaf_index as leaf
       from tallyroot.integrity_leaf
      where stream = $1 and revision = 2`,
    [`demo.account-${account}`],
  );
  return rows[0] as ChargeEvent;
}

describe('[E6] the ledger of a running service', () => {
  it('is VALID for the auditor’s own tool, against the chain', async () => {
    const { exitCode, output } = await verifyLive();
    expect([exitCode, output]).toEqual([0, expect.stringMatching(/^VALID\b/)]);
  });

  it('is VALID from its exported files, with and without a chain', async () => {
    const out = join(folder, 'export');
    await exportLog(api.service.integrity.files, 'demo', out);
    expect(await verifyLog({ log: out, genesisHash, rpcUrl: chain.url })).toMatchObject({ exitCode: 0 });
    expect((await verifyLog({ log: out, genesisHash, rpcUrl: undefined })).output).toContain('VALID (no chain checked)');
  });

  // Invoices, anchors, ticks and commitments, as the product writes them. Where Go is not installed Jest says that this was left out.
  (hasGo ? it : it.skip)(
    'is VALID from these files to a second verifier too, which was written from the document alone',
    async () => {
      const exported = { folder: join(folder, 'export'), genesis: genesisHash };
      const [judgement] = judgedByPeer([exported]);
      expect(judgement).toEqual(await judgedByVerifier(exported));
      expect(judgement).toMatchObject({ verdict: 'VALID', checks: { V3: 'ok', V5: 'ok', V7: 'ok', V8: 'ok' }, findings: {} });
    },
    60_000,
  );

  it('is UNVERIFIABLE where files are missing, and INVALID under another genesis', async () => {
    expect(await verifyLog({ log: join(folder, 'nothing'), genesisHash, rpcUrl: undefined })).toMatchObject({ exitCode: 2 });
    const other = { log: `${api.service.url}/logs/demo/`, genesisHash: 'a'.repeat(64), rpcUrl: chain.url };
    expect(await verifyLog(other)).toMatchObject({ exitCode: 1 });
  });

  it('keeps payloads from whoever has no token, and is VALID for them too', async () => {
    const withheld = await fetch(`${api.service.url}/logs/demo/payloads/000.jsonl`);
    const lines = (await withheld.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; data: string | null });
    const shown = lines.filter(({ data }) => data !== null).map(({ type }) => type);
    expect(new Set(shown)).toEqual(new Set(['LogGenesis/1', 'TimeTicked/1']));
    const { exitCode, output } = await verifyLog({ log: `${api.service.url}/logs/demo/`, genesisHash, rpcUrl: chain.url });
    expect([exitCode, output]).toEqual([0, expect.stringContaining('VALID')]);
  });

  it('tells the sender of a token that opens nothing here', async () => {
    const answers = ['payloads/000.jsonl', 'checkpoint'].map(async (path) => {
      return (await fetch(`${api.service.url}/logs/demo/${path}`, { headers: { authorization: `Bearer ${api.token}x` } })).status;
    });
    expect(await Promise.all(answers)).toEqual([401, 200]);
  });
});

describe('[E1] a byte that was changed behind the ledger', () => {
  const forgeries: readonly [string, (event: StoredFields) => Partial<StoredFields>][] = [
    ['data', ({ data }) => ({ data: data.replace('"amount":"20.00"', '"amount":"21.00"') })],
    ['metadata', ({ metadata }) => ({ metadata: metadata.replace('"type":"api_key"', '"type":"api_kez"') })],
    ['type', () => ({ type: 'ChargePosted/2' })],
    ['stream', ({ stream }) => ({ stream: `${stream}x` })],
    ['revision', ({ revision }) => ({ revision: revision + 100n })],
    ['id', ({ id }) => ({ id: id.replace(/\d/g, (digit) => String((Number(digit) + 1) % 10)) })],
  ];

  for (const [name, forgery] of forgeries) {
    it(`in the ${name} makes the verifier name the event`, async () => {
      const { position, id, leaf } = await chargeEvent();
      const { exitCode, output } = await withChange(() => intruder.forge(BigInt(position), forgery));
      expect([exitCode, output]).toEqual([1, expect.stringContaining(`first bad event: leaf ${leaf}`)]);
      if (name !== 'id') expect(output).toContain(id);
      expect((await verifyLive()).exitCode).toBe(0);
    });
  }

  it('in the stored leaf makes the verifier name the event', async () => {
    const { position, id, leaf } = await chargeEvent();
    const rewrite = (from: string, to: string) =>
      owner.query('update tallyroot.integrity_leaf set entry = replace(entry, $2, $3) where store_position = $1', [position, from, to]);
    const { exitCode, output } = await withChange(async () => {
      await rewrite('"rev":"2"', '"rev":"3"');
      return () => rewrite('"rev":"3"', '"rev":"2"');
    });
    expect([exitCode, output]).toEqual([1, expect.stringContaining(`first bad event: leaf ${leaf}`)]);
    expect(output).toContain(id);
  });

  it('in a tile makes the verifier name the leaf', async () => {
    const { leaf } = await chargeEvent();
    const flip = () =>
      owner.query(
        `update tallyroot.integrity_tile set hashes = set_byte(hashes, 32 * $1::int, get_byte(hashes, 32 * $1::int) # 1) where log = 'demo' and level = 0`,
        [leaf],
      );
    const { exitCode, output } = await withChange(async () => {
      await flip();
      return flip;
    });
    expect([exitCode, output]).toEqual([1, expect.stringContaining(`first bad event: leaf ${leaf}`)]);
  });
});

describe('the page of the auditor', () => {
  it('is served with its bundle, and takes scripts from nowhere else', async () => {
    const page = await fetch(`${api.service.url}/verify`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    const bundle = await fetch(`${api.service.url}/verify/verifier.js`);
    expect([bundle.status, bundle.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8']);
    for (const path of ['nothing.js', '..%2f..%2fpackage.json', '%2e%2e/package.json', 'index.html', '.fingerprint'])
      expect([path, (await fetch(`${api.service.url}/verify/${path}`)).status]).toEqual([path, 404]);
  });
});

describe('a page of the auditor’s own', () => {
  it('may read the log from another origin, what is absent and what takes a token included', async () => {
    for (const [path, status] of [
      ['checkpoint', 200],
      ['tile/0/999', 404],
      ['payloads/999.jsonl', 404],
    ] as const) {
      const answer = await fetch(`${api.service.url}/logs/demo/${path}`, { headers: { origin: 'https://auditor.example' } });
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([status, '*']);
    }
    const asked = await fetch(`${api.service.url}/logs/demo/payloads/000.jsonl`, { method: 'OPTIONS' });
    expect([asked.status, asked.headers.get('access-control-allow-headers')]).toEqual([204, 'authorization']);
  });
});

describe('proofs over HTTP', () => {
  it('show that an event is in the log, to anybody', async () => {
    const { id } = await chargeEvent();
    const proof = await api.get(`/v1/logs/demo/proofs/inclusion?event=${id}`, { authorization: '' });
    const { index, size, leafHash, checkpoint } = proof.body as Record<string, string>;
    const root = Buffer.from((checkpoint as string).split('\n')[2] as string, 'base64');
    const claim = { index: BigInt(index as string), size: BigInt(size as string), leafHash: bytes(leafHash as string), root };
    expect(verifyInclusion({ ...claim, proof: (proof.body.proof as string[]).map(bytes) })).toBe(true);
    expect(verifyInclusion({ ...claim, index: claim.index + 1n, proof: (proof.body.proof as string[]).map(bytes) })).toBe(false);
  });

  it('come as a C2SP tlog-proof too', async () => {
    const { id } = await chargeEvent();
    const answer = await fetch(`${api.service.url}/v1/logs/demo/proofs/tlog-proof?event=${id}`);
    const [proof, ...note] = (await answer.text()).split('\n\n') as [string, ...string[]];
    const [version, index, ...hashes] = proof.split('\n') as [string, string, ...string[]];
    expect([answer.headers.get('content-type'), version]).toEqual(['text/plain; charset=utf-8', 'c2sp.org/tlog-proof@v1']);
    const same = (await api.get(`/v1/logs/demo/proofs/inclusion?event=${id}`)).body as {
      index: string;
      proof: string[];
      checkpoint: string;
    };
    expect(index).toBe(`index ${same.index}`);
    expect(hashes.map((hash) => Buffer.from(hash, 'base64').toString('hex'))).toEqual(same.proof);
    expect(note.join('\n\n')).toBe(same.checkpoint);
  });

  it('show that the log only grew', async () => {
    const { query } = api.service.integrity;
    const head = await query.head('demo');
    const answer = await api.get(`/v1/logs/demo/proofs/consistency?from=3&to=${head?.size}`);
    const claim = { size1: 3n, size2: head!.size, root1: await query.rootAt('demo', 3n), root2: head!.root };
    expect(verifyConsistency({ ...claim, proof: (answer.body.proof as string[]).map(bytes) })).toBe(true);
  });

  it('refuse what they cannot prove', async () => {
    expect(await api.get('/v1/logs/demo/proofs/inclusion?event=x')).toMatchObject({ status: 400, body: { code: 'query_invalid' } });
    const unknown = '00000000-0000-4000-8000-000000000000';
    expect(await api.get(`/v1/logs/demo/proofs/inclusion?event=${unknown}`)).toMatchObject({
      status: 404,
      body: { code: 'log_entry_not_found' },
    });
    expect(await api.get('/v1/logs/demo/proofs/consistency?from=0&to=2')).toMatchObject({ status: 400 });
    for (const path of ['tile/0/999', 'tile/9/000', 'tile/0/000.p/0', '../keys', 'tile/0/x', 'payloads/999.jsonl', '%2e%2e/api-key']) {
      expect([path, (await fetch(`${api.service.url}/logs/demo/${path}`)).status]).toEqual([path, 404]);
    }
    expect((await fetch(`${api.service.url}/logs/nobody/checkpoint`)).status).toBe(404);
  });
});

describe('an event that something wrote behind the port', () => {
  it('becomes a leaf and a named finding, and the log goes on', async () => {
    await intruder.append({ stream: 'demo.account-behind', type: 'Hacked', data: { n: 1 } });
    await api.post(`/v1/accounts/${account}/charges`, {
      amount: '1',
      currency: 'EUR',
      product: 'internet-100',
      description: 'Internet 100',
    });
    await api.service.integrity.anchoring.anchorer.anchorNow('demo');
    const { exitCode, output } = await verifyLive();
    expect([exitCode, output]).toEqual([0, expect.stringMatching(/format: leaf \d+/)]);
    const balances = await api.get(`/v1/accounts/${account}/balances`);
    expect(balances.status).toBe(200);
  });
});

function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}
