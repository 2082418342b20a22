import { spawn } from 'node:child_process';
import { hash, randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import { readWitnesses } from '../../services/main/witnesses-setting.ts';
import { openService, type Service } from '../../services/main/service.ts';
import { cosignatureOf, parseWitnessKey } from '../../verifier/note/cosignature.ts';
import type { NoteKey } from '../../verifier/note/vkey.ts';
import { parseHead, type SignedHead } from '../../verifier/note/tree-head.ts';
import { freshDatabase, type TestDatabase } from '../support/postgres.ts';
import { WitnessProcess } from '../support/witness-process.ts';
import { until } from '../integration/integrity/log-fixture.ts';

/** Services and witnesses are started a dozen times, on a machine that does other things too. */
jest.setTimeout(240_000);
const deadlineMs = 60_000;

/** A ledger with its database and its data folder, started and stopped as its operator does. */
class Operator {
  readonly folder: string;
  readonly #database: TestDatabase;
  #service: Service | undefined;

  constructor(database: TestDatabase, folder: string) {
    this.#database = database;
    this.folder = folder;
  }

  get service(): Service {
    return this.#service as Service;
  }

  async start(witnesses: readonly WitnessProcess[]): Promise<void> {
    const setting = witnesses.map(({ url, vkey }) => `${url}#${vkey}`).join(',');
    this.#service = await openService({
      ...{ databaseUrl: this.#database.serviceUrl, dataFolder: this.folder, host: '127.0.0.1', port: 0 },
      ...{ logger: pino({ level: process.env['TEST_LOG'] ?? 'silent' }), witnesses: setting === '' ? [] : readWitnesses(setting) },
    });
  }

  async stop(): Promise<void> {
    await this.#service?.close();
    this.#service = undefined;
  }

  /** What somebody has who kept a copy of everything. */
  async copy(): Promise<Operator> {
    const folder = newFolder();
    cpSync(this.folder, folder, { recursive: true });
    return new Operator(await this.#database.copy(), folder);
  }

  async drop(): Promise<void> {
    await this.stop();
    await this.#database.drop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async openAccounts(count: number): Promise<void> {
    const token = readFileSync(this.service.keyFiles.apiKey, 'utf8').trim();
    for (let account = 0; account < count; account++) {
      const response = await fetch(`${this.service.url}/v1/accounts`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
        body: JSON.stringify({ billing: 'prepaid', currency: 'EUR' }),
      });
      if (!response.ok) throw new Error(await response.text());
    }
  }

  async head(): Promise<SignedHead> {
    const response = await fetch(`${this.service.url}/logs/demo/checkpoint`);
    return parseHead(Buffer.from(await response.arrayBuffer())) as SignedHead;
  }

  /** Waits for a head that covers every event of now and that so many witnesses cosigned. */
  cosigned(witnesses: readonly WitnessProcess[], count: number): Promise<SignedHead> {
    return until(async () => {
      const [head, newest] = [await this.head(), await this.service.integrity.query.head('demo')];
      const isWhole = head.size === newest?.size && head.size === (await this.#eventCount());
      return isWhole && namesUnder(head, witnesses).length === count ? head : undefined;
    }, deadlineMs);
  }

  async #eventCount(): Promise<bigint> {
    let count = 0n;
    for await (const _ of this.service.eventStore.readAll({ filter: { streamPrefixes: ['demo.'] } })) count++;
    return count;
  }

  async halted(): Promise<string> {
    return until(() => this.service.integrity.sequencers.statuses().find(({ state }) => state === 'halted')?.reason, deadlineMs);
  }

  async witnessStates(): Promise<Record<string, string>> {
    const response = await fetch(`${this.service.url}/v1/logs/demo/witnesses`);
    const { witnesses } = (await response.json()) as { witnesses: { name: string; state: string }[] };
    return Object.fromEntries(witnesses.map(({ name, state }) => [name, state]));
  }
}

const names = ['alpha.example/w', 'beta.example/w', 'gamma.example/w'];
let witnesses: WitnessProcess[];
let operator: Operator;
let genesisHash: string;
let logKey: string;
/** The honest operator's whole installation, as it was early on. */
let copies: Operator[] = [];

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'tallyroot-witnessed-'));
}

function namesUnder({ note }: SignedHead, asked: readonly WitnessProcess[]): string[] {
  const keys = asked.map(({ vkey }) => parseWitnessKey(vkey) as NoteKey);
  return keys.filter((key) => cosignatureOf(note, key) !== undefined).map(({ name }) => name);
}

/** The auditor's own tool, with a policy that names all witnesses. */
function verify({ service }: Operator, quorum: number, ...options: string[]) {
  const policy = join(operator.folder, 'policy.json');
  const vkeys = witnesses.map(({ vkey }) => vkey);
  const asked = { quorum: String(quorum), vkeys, ageSecondsMax: '600' };
  writeFileSync(policy, JSON.stringify({ v: 'tallyroot-audit-policy/1', witnesses: asked }));
  const cli = join(import.meta.dirname, '..', '..', 'verifier', 'cli.ts');
  const args = ['--log', `${service.url}/logs/demo/`, '--genesis', genesisHash, '--offline', '--policy', policy, ...options];
  // The service answers from this very process, so it must not be kept waiting.
  return runAside([cli, ...args]);
}

async function runAside(args: readonly string[]): Promise<{ verdict: string; output: string }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  return { verdict: /[A-Z]+/.exec(output)?.[0] ?? '', output };
}

beforeAll(async () => {
  witnesses = names.map((name) => new WitnessProcess(name));
  operator = new Operator(await freshDatabase(), newFolder());
  await operator.start([]);
  logKey = (
    await until(async () => {
      const response = await fetch(`${operator.service.url}/logs/demo/log.vkey`);
      return response.ok ? response.text() : undefined;
    }, deadlineMs)
  ).trim();
  genesisHash = await operator.service.integrity.logs.genesisHashOf('demo');
  await operator.stop();
  await Promise.all(witnesses.map((witness) => witness.start([logKey])));
});
afterAll(async () => {
  await operator.stop();
  for (const copy of copies) await copy.drop();
  await operator.drop();
  for (const witness of witnesses) await witness.close();
});

describe('[E3] three witnesses, each a process of its own', () => {
  it('cosign the published head, and an auditor who asks for all three finds the log VALID', async () => {
    await operator.start(witnesses);
    await operator.openAccounts(3);
    await operator.cosigned(witnesses, 3);
    expect(await operator.witnessStates()).toEqual(Object.fromEntries(names.map((name) => [name, 'following'])));
    const { verdict, output } = await verify(operator, 3);
    expect([verdict, output]).toEqual(['VALID', expect.anything()]);
  });

  it('stand under the proof of a leaf too', async () => {
    const { rows } = await operator.service.pool.query<{ id: string }>(
      'select event_id as id from integrity_leaf order by leaf_index desc limit 1',
    );
    const response = await fetch(`${operator.service.url}/v1/logs/demo/proofs/tlog-proof?event=${rows[0]?.id}`);
    const text = await response.text();
    for (const name of names) expect(text).toContain(`\n— ${name} `);
  });

  it('go missing without stopping anything: one is dead, one hangs, and the ledger signs on', async () => {
    const [alpha, beta, gamma] = witnesses as [WitnessProcess, WitnessProcess, WitnessProcess];
    await alpha.kill();
    await beta.kill('SIGSTOP');
    await operator.openAccounts(2);
    await operator.cosigned([gamma], 1);
    expect((await verify(operator, 1)).verdict).toBe('VALID');
    expect((await verify(operator, 2)).verdict).toBe('UNVERIFIABLE');
    await until(async () => ((await operator.witnessStates())['beta.example/w'] === 'away' ? true : undefined), deadlineMs);
    await beta.kill('SIGCONT');
    await alpha.start([logKey]);
    await operator.cosigned(witnesses, 3);
    expect((await verify(operator, 3)).verdict).toBe('VALID');
  });

  it('[ATT-31] tell an operator who was restored to an older copy, before he signs anything', async () => {
    await operator.stop();
    copies = [await operator.copy(), await operator.copy()];
    await operator.start(witnesses);
    await operator.openAccounts(3);
    const { size } = await operator.cosigned(witnesses, 3);
    await operator.stop();
    const [restored] = copies as [Operator, Operator];
    await restored.start(witnesses);
    const before = await restored.head();
    await expect(restored.openAccounts(1)).rejects.toThrow('log_behind');
    expect(await restored.halted()).toMatch(new RegExp(`witness knows .* ${size} leaves.* restored from an older copy`));
    expect(before.size).toBeLessThan(size);
    expect((await restored.head()).size).toBe(before.size);
    expect(new Set(Object.values(await restored.witnessStates()))).toEqual(new Set(['ahead']));
    await restored.stop();
  });

  it('[ATT-06] tell an operator who shows another history, and hold the proof of it', async () => {
    const [, forked] = copies as [Operator, Operator];
    await forked.start([]);
    await forked.openAccounts(6);
    const fork = await until(async () => {
      const head = await forked.head();
      return head.size > (await cosignedSize()) ? head : undefined;
    }, deadlineMs);
    await forked.stop();
    await forked.start(witnesses);
    expect(await forked.halted()).toMatch(/cosigned a tree that this one does not extend/);
    await forked.stop();
    await operator.start(witnesses);
    await operator.cosigned(witnesses, 3);
    for (const { folder } of witnesses) {
      const { verdict, output } = await verify(operator, 3, '--head', join(folder, 'state.refused.jsonl'));
      expect([verdict, output]).toEqual(['INVALID', expect.stringContaining(fork.size.toString())]);
    }
  });
});

/** What the witnesses cosigned last. */
async function cosignedSize(): Promise<bigint> {
  const path = hash('sha256', logKey.split('+')[0] as string, 'hex');
  const response = await fetch(`${(witnesses[0] as WitnessProcess).url}/checkpoint/${path}`);
  return (parseHead(Buffer.from(await response.arrayBuffer())) as SignedHead).size;
}
