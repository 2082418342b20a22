import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { takeProcessLock } from '../../../verifier/state/process-lock.ts';
import { LogBuilder, writeFiles } from '../../support/log-builder.ts';

const cli = join(import.meta.dirname, '..', '..', '..', 'verifier', 'cli.ts');
const token = 'secret-token';
const log = new LogBuilder();
for (let index = 0; index < 300; index++) log.move('1.00', { account: `acc_${index % 3}` });
log.commitState();
const files = log.files();
const badIndex = 270;

let folder: string;
let tampered: string;
let server: Server;
let url: string;
let failures = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallyroot-verifier-'));
  writeFiles(join(folder, 'log'), files);
  const lines = files.get('payloads/001.jsonl')!.toString().split('\n');
  lines[badIndex - 256] = lines[badIndex - 256]!.replace('"type":"Charge', '"type":"Tharge');
  tampered = writeFiles(join(folder, 'tampered'), new Map(files).set('payloads/001.jsonl', Buffer.from(lines.join('\n'))));
  server = createServer((request, response) => {
    const path = (request.url ?? '').replace('/logs/north/', '');
    const needsToken = path.startsWith('payloads/') && request.headers.authorization !== `Bearer ${token}`;
    const isBusy = path === 'checkpoint' && failures-- > 0;
    const bytes = files.get(path);
    if (isBusy) response.writeHead(503).end();
    else if (needsToken) response.writeHead(401).end();
    else if (bytes === undefined) response.writeHead(404).end();
    else response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/logs/north`;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** Runs the auditor's command as an auditor does: on the bare source, without a build. */
const run = (...args: string[]) => runNode([cli, ...args]);

function runNode(args: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: { PATH: process.env['PATH'] } }, (error, stdout, stderr) =>
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

describe('the command', () => {
  it('exits with 0 for files that are VALID, and says that no chain was checked', async () => {
    const { exitCode, stdout, stderr } = await run('--log', join(folder, 'log'), '--genesis', log.genesisHash, '--offline');
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^VALID \(no chain checked\): leaves 0 to 302 of 302/);
  });

  it('exits with 1 for files that are INVALID, and names the first bad event by leaf, stream, revision and id', async () => {
    const { exitCode, stdout } = await run('--log', tampered, '--genesis', log.genesisHash, '--offline');
    const { stream, revision, id } = log.events[badIndex]!;
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`first bad event: leaf ${badIndex}, stream ${stream}, revision ${revision}, event ${id} (ChargePosted/1)`);
  });

  it('exits with 2 for files without a node, as long as nobody says --offline', async () => {
    const { exitCode, stdout } = await run('--log', join(folder, 'log'), '--genesis', log.genesisHash);
    expect(exitCode).toBe(2);
    expect(stdout).toMatch(/^UNVERIFIABLE/);
    expect(stdout).toContain('--rpc');
  });

  it('prints one object with every check and its range for programs', async () => {
    const { stdout } = await run('--log', tampered, '--genesis', log.genesisHash, '--offline', '--json', '--deep');
    const report = JSON.parse(stdout) as { checks: { id: string; result: string; range: unknown }[] };
    expect(report).toMatchObject({ verdict: 'INVALID', range: { from: '0', to: '302' }, firstBadEvent: { index: '270', check: 'V7' } });
    expect(report.checks.map(({ id, result }) => `${id} ${result}`)).toEqual([
      ...['V1 not checked', 'V2 ok', 'V3 ok', 'V4 ok', 'V5 ok', 'V6 not checked', 'V7 invalid', 'V8 unverifiable'],
    ]);
    for (const { range } of report.checks) expect(range).toEqual({ from: '0', to: '302' });
  });

  it.each([
    ['nothing', []],
    ['no genesis', ['--log', '.']],
    ['a genesis that is no hash', ['--log', '.', '--genesis', 'abc']],
    ['a folder that is not there', ['--log', '/nowhere/at/all', '--genesis', log.genesisHash, '--offline']],
    ['a URL of another kind', ['--log', 'ftp://example.com/', '--genesis', log.genesisHash]],
    ['a node that is no URL', ['--log', '.', '--genesis', log.genesisHash, '--rpc', 'nonsense']],
    ['a node and --offline', ['--log', '.', '--genesis', log.genesisHash, '--rpc', 'http://127.0.0.1:1', '--offline']],
    ['an address that is none', ['--log', '.', '--genesis', log.genesisHash, '--offline', '--contract', '0x12']],
    ['a policy that is none', ['--policy', cli]],
    ['a policy that is not there', ['--policy', '/nowhere/at/all']],
    ['an option that does not exist', ['--log', '.', '--genesis', log.genesisHash, '--offline', '--fast']],
  ])('exits with 2 and its usage for %s', async (_, args) => {
    const { exitCode, stdout, stderr } = await run(...args);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: verify');
    expect(stderr).not.toContain('    at ');
  });

  it('goes on from a log that was superseded, a copy of which may be longer than what is gone on with', async () => {
    const next = new LogBuilder({ supersedes: { log, size: 280 } });
    next.move('2.00', { id: '00000000-0000-4000-8000-000000000001' });
    next.commitState();
    const path = writeFiles(join(folder, 'next'), next.files());
    const args = ['--log', path, '--genesis', next.genesisHash, '--offline'];
    expect(await run(...args)).toMatchObject({ exitCode: 2 });
    const { exitCode, stdout } = await run(...args, '--superseded', join(folder, 'log'));
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^VALID[^]*admits that the log .* lost its leaves from 280 on/)]);
    expect(await run(...args, '--superseded', join(folder, 'nowhere'))).toMatchObject({ exitCode: 2 });
  });

  it('exits with 2 where it fails itself, since 1 would say INVALID', async () => {
    const failing = ['--import', `data:text/javascript,console.log = () => { throw new Error('no room'); }`];
    const { exitCode, stderr } = await runNode([...failing, cli, '--log', join(folder, 'log'), '--genesis', log.genesisHash, '--offline']);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('no room')]);
  });

  it('takes what it needs from a policy, and refuses a genesis that is another one than the policy names', async () => {
    const policy = join(folder, 'policy.json');
    writeFileSync(policy, JSON.stringify({ v: 'tallyroot-audit-policy/1', log: join(folder, 'log'), genesis: log.genesisHash }));
    expect(await run('--policy', policy, '--offline')).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^VALID/) });
    expect(await run('--policy', policy, '--offline', '--genesis', 'a'.repeat(64))).toMatchObject({ exitCode: 2, stdout: '' });
  });

  it('goes on from a state file, remembers heads beside it, and tells how far it is when asked', async () => {
    const state = join(folder, 'state');
    const args = ['--log', join(folder, 'log'), '--genesis', log.genesisHash, '--offline', '--state', state];
    expect(await run(...args, '--progress')).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('302 of 302 leaves (100 %)') });
    expect(await run(...args)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(readFileSync(`${state}.heads.jsonl`, 'utf8').trim().split('\n')).toHaveLength(1);
    const other = join(folder, 'other-head');
    writeFileSync(other, log.checkpoint(300, Buffer.alloc(32, 1)));
    expect(await run(...args, '--head', other)).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('other-head') });
    const ids = readdirSync(folder).filter((name) => name.startsWith('state.ids-'));
    expect(ids).toHaveLength(1);
    expect(statSync(join(folder, ids[0]!)).size).toBeGreaterThan(256 * 24); // The ids of 256 leaves.
    writeFileSync(state, 'something else');
    expect(await run(...args)).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('Delete it') });
    writeFileSync(state, 'tallyroot-verify-state/2\n');
    expect(await run(...args)).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('another version') });
  });

  it('works on a state alone, and without one leaves nothing in the folder for event ids', async () => {
    const [state, temporary] = [join(folder, 'taken'), join(folder, 'temporary')];
    const args = ['--log', join(folder, 'log'), '--genesis', log.genesisHash, '--offline'];
    mkdirSync(temporary);
    expect(await run(...args, '--temporary', temporary)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(readdirSync(temporary)).toEqual([]);
    const release = takeProcessLock(`${state}.lock`, (pid) => expect(pid).toBe(undefined) as never);
    expect(await run(...args, '--state', state)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(`Process ${process.pid} works`),
    });
    release();
    expect(await run(...args, '--state', state)).toMatchObject({ exitCode: 0, stderr: '' });
    for (const folderless of [join(folder, 'nothing'), join(folder, 'log', 'checkpoint')])
      expect(await run(...args, '--temporary', folderless)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--temporary') });
  });

  it('tells its usage when asked', async () => expect(await run('--help')).toMatchObject({ exitCode: 0, stderr: '' }));
});

describe('a log over HTTP', () => {
  it('is read as it is served; payloads take a token', async () => {
    const open = await run('--log', url, '--genesis', log.genesisHash, '--token', token);
    expect([open.exitCode, open.stdout]).toEqual([0, expect.stringMatching(/V7 +payloads +ok\nV8 +balances +ok/)]);
    const closed = await run('--log', `${url}/`, '--genesis', log.genesisHash);
    expect([closed.exitCode, closed.stdout]).toEqual([0, expect.stringMatching(/V7 +payloads +not checked/)]);
  });

  it('is asked again where it is busy for a moment', async () => {
    failures = 2;
    expect(await run('--log', url, '--genesis', log.genesisHash, '--token', token)).toMatchObject({ exitCode: 0 });
  });

  it('is UNVERIFIABLE when nobody answers', async () => {
    const { exitCode, stdout, stderr } = await run('--log', 'http://127.0.0.1:9/', '--genesis', log.genesisHash);
    expect([exitCode, stdout, stderr]).toEqual([2, expect.stringMatching(/^UNVERIFIABLE: genesis.json: /), '']);
  });
});
