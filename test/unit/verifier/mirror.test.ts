import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { headsFileOf, MirrorFolder } from '../../../verifier/mirror/mirror-folder.ts';
import { mirrorLog } from '../../../verifier/mirror/mirror-log.ts';
import { FolderLogSource } from '../../../verifier/source/folder.log-source.ts';
import type { LogSource } from '../../../verifier/source/log-source.ts';
import { headsIn } from '../../../verifier/state/heads-file.ts';
import { LogBuilder, type LogFolder } from '../../support/log-builder.ts';
import { MemoryLogSource } from '../../support/memory.log-source.ts';
import { summaryOf, verifyFiles } from '../../support/verify-files.ts';

let folder: string;
let folders = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyroot-mirror-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

const newFolder = () => join(folder, `mirror-${folders++}`);

function logOf(size: number, options: ConstructorParameters<typeof LogBuilder>[0] = {}): LogBuilder {
  const log = new LogBuilder(options);
  grow(log, size);
  return log;
}

function grow(log: LogBuilder, size: number): void {
  while (log.size < size) log.move('1.00', { account: `acc_${log.size % 5}` });
}

/** Brings a mirror up to the log as it is, or as the operator shows it. */
async function mirror(
  log: LogBuilder,
  path: string,
  { files = log.files(), source = new MemoryLogSource(files, { isLive: true }), superseded = [] }: Shown = {},
) {
  const mirrored = await mirrorLog({
    ...{ live: source, folder: new MirrorFolder(path, log.genesisHash), genesisHash: log.genesisHash, rpcUrls: [], isOffline: true },
    superseded,
  });
  return { ...mirrored, asked: source.asked };
}

interface Shown {
  readonly files?: LogFolder;
  readonly source?: MemoryLogSource;
  readonly superseded?: readonly LogSource[];
}

/** As the command does with a folder. */
function verifyMirror(log: LogBuilder, path: string) {
  const heads = headsIn(readFileSync(headsFileOf(path)!, 'utf8'), 'heads.jsonl');
  return verifyFiles(log, new Map(), { source: new FolderLogSource(path), heads });
}

const partsOf = (asked: readonly string[]) => asked.filter((path) => /^(tile\/(0|entries)|payloads)\//.test(path));

describe('a mirror', () => {
  it('of a log that goes on with another one is brought up to date beside a mirror of that one', async () => {
    const [older, newer] = [newFolder(), newFolder()];
    const log = logOf(300);
    expect(await mirror(log, older)).toMatchObject({ result: 'accepted' });
    const next = new LogBuilder({ supersedes: { log, size: 280 } });
    const superseded = [new FolderLogSource(older)];
    for (let size = 300; size <= 900; size += 300) {
      while (next.size < size) next.move('1.00', { id: `00000000-0000-4000-8000-${String(next.size).padStart(12, '0')}` });
      const mirrored = await mirror(next, newer, { superseded });
      expect(mirrored).toMatchObject({ result: 'accepted', outcome: { verdict: 'VALID', size } });
      // What it has of the newer log it does not ask for again.
      if (size === 900) expect(partsOf(mirrored.asked).every((name) => /00[23]/.test(name))).toBe(true);
    }
    expect(await mirror(next, newFolder())).toMatchObject({ result: 'waiting', outcome: { verdict: 'UNVERIFIABLE' } });
  });

  it('is a copy from which the log is verified, and takes only what is new', async () => {
    const log = logOf(600);
    const path = newFolder();
    expect(await mirror(log, path)).toMatchObject({ result: 'accepted', outcome: { verdict: 'VALID', size: 600 } });
    expect(await verifyMirror(log, path)).toMatchObject({ verdict: 'VALID', size: 600, counts: { opened: 600 } });
    grow(log, 900);
    const again = await mirror(log, path);
    expect(again.result).toBe('accepted');
    expect(partsOf(again.asked).every((name) => /00[23]/.test(name))).toBe(true);
    expect(await verifyMirror(log, path)).toMatchObject({ verdict: 'VALID', size: 900, counts: { opened: 900 } });
    expect(readdirSync(join(path, 'tile', '0')).sort()).toEqual(['000', '001', '002', '003.p']);
    expect(headsIn(readFileSync(join(path, 'heads.jsonl'), 'utf8'), '')).toHaveLength(2);
  });

  it('changes nothing where nothing is new', async () => {
    const log = logOf(300);
    const path = newFolder();
    await mirror(log, path);
    const again = await mirror(log, path);
    expect([again.result, partsOf(again.asked)]).toEqual(['accepted', ['payloads/001.jsonl']]);
  });

  it('goes on after it was cut off, and asks for no tile twice', async () => {
    const log = logOf(1_000);
    const path = newFolder();
    const source = new MemoryLogSource(log.files(), { isLive: true });
    const read = source.read.bind(source);
    source.read = async (name, bytesMax) => {
      if (name.startsWith('tile/0/003')) throw new Error('killed');
      return read(name, bytesMax);
    };
    await expect(mirror(log, path, { source })).rejects.toThrow('killed');
    expect(existsSync(join(path, 'checkpoint'))).toBe(false);
    const { result, asked } = await mirror(log, path);
    expect([result, asked.includes('tile/0/000'), asked.includes('tile/0/003.p/232')]).toEqual(['accepted', false, true]);
    expect((await verifyMirror(log, path)).verdict).toBe('VALID');
  });

  it('waits with what it has where the log withholds a tile', async () => {
    const log = logOf(600);
    const path = newFolder();
    await mirror(log, path, { files: log.files(300) });
    const source = new MemoryLogSource(log.files(), { isLive: true, refused: ['tile/entries/002'] });
    expect(await mirror(log, path, { source })).toMatchObject({ result: 'waiting', outcome: { verdict: 'UNVERIFIABLE' } });
    const kept = new FolderLogSource(path);
    expect(await verifyFiles(log, new Map(), { source: kept })).toMatchObject({ verdict: 'VALID', size: 300 });
    expect(await mirror(log, path)).toMatchObject({ result: 'accepted' });
  });

  it('is no mirror of another log, and no folder of something else', async () => {
    const path = newFolder();
    await mirror(logOf(3), path);
    expect(() => new MirrorFolder(path, 'a'.repeat(64))).toThrow(/another log/);
    const other = newFolder();
    mkdirSync(other);
    writeFileSync(join(other, 'precious'), '');
    expect(() => new MirrorFolder(other, 'a'.repeat(64))).toThrow(/something else/);
  });

  it('is worked on by one process at a time, and outlives one that was killed', async () => {
    const log = logOf(3);
    const path = newFolder();
    await mirror(log, path);
    writeFileSync(join(path, '.mirror', 'lock'), String(process.ppid));
    await expect(mirror(log, path)).rejects.toThrow(/at work/);
    writeFileSync(join(path, '.mirror', 'lock'), '4194304');
    expect((await mirror(log, path)).result).toBe('accepted');
  });
});

describe('[ATT-06] [ATT-24] [ATT-31] an operator who rewrites history', () => {
  it('is seen by the mirror, which stays as it was and holds both signed heads', async () => {
    const log = logOf(600);
    const path = newFolder();
    await mirror(log, path);
    log.entries[590] = log.entries[590]!.replace(/"pay":"(.)/, (_, digit) => `"pay":"${digit === 'f' ? '0' : 'f'}`);
    grow(log, 700);
    const { result, refusedIn, outcome } = await mirror(log, path);
    expect([result, summaryOf(outcome)]).toMatchObject(['refused', { verdict: 'INVALID', results: { V3: 'invalid' } }]);
    expect(existsSync(join(refusedIn!, 'checkpoint'))).toBe(true);
    const kept = await verifyFiles(log, new Map(), { source: new FolderLogSource(path) });
    expect(kept).toMatchObject({ verdict: 'VALID', size: 600 });
    expect(await verifyMirror(log, path)).toMatchObject({ verdict: 'UNVERIFIABLE' }); // The longer head is known, its leaves are not.
  });

  it('is seen when the log shrinks', async () => {
    const log = logOf(600);
    const path = newFolder();
    await mirror(log, path);
    const { result, outcome } = await mirror(log, path, { files: log.files(550) });
    expect([result, summaryOf(outcome)]).toMatchObject(['refused', { verdict: 'INVALID', results: { V2: 'invalid' } }]);
    expect(readFileSync(join(path, 'checkpoint')).equals(log.checkpoint())).toBe(true);
  });

  it('cannot accuse himself by what came in before a kill', async () => {
    const log = logOf(600);
    const path = newFolder();
    await mirror(log, path, { files: log.files(300) });
    const forged = log.files();
    forged.set('tile/0/001', Buffer.alloc(8_192, 1));
    const source = new MemoryLogSource(forged, { isLive: true });
    const read = source.read.bind(source);
    source.read = async (name, bytesMax) => {
      if (name.startsWith('tile/0/002')) throw new Error('killed');
      return read(name, bytesMax);
    };
    await expect(mirror(log, path, { source })).rejects.toThrow('killed');
    expect(await mirror(log, path)).toMatchObject({ result: 'accepted', outcome: { verdict: 'VALID' } });
  });
});

describe('[ATT-05] what the log loses later', () => {
  const without = (files: LogFolder, index: number, value: null | 'missing') => {
    const path = 'payloads/001.jsonl';
    const lines = files.get(path)!.toString().split('\n');
    lines[index - 256] = JSON.stringify({ ...JSON.parse(lines[index - 256]!), data: value, metadata: value });
    return files.set(path, Buffer.from(lines.join('\n')));
  };

  it('stays in the mirror, which says so', async () => {
    const log = logOf(300);
    const path = newFolder();
    await mirror(log, path);
    grow(log, 310);
    for (const value of [null, 'missing'] as const) {
      expect(await mirror(log, path, { files: without(log.files(), 270, value) })).toMatchObject({ result: 'accepted', keptPayloads: 1 });
      expect(await verifyMirror(log, path)).toMatchObject({ verdict: 'VALID', counts: { opened: 310, withheld: 0 } });
    }
  });

  it('is taken when it is shown for the first time', async () => {
    const log = logOf(300);
    const path = newFolder();
    const hidden = new MemoryLogSource(log.files(), { isLive: true, refused: ['payloads/'] });
    expect((await mirror(log, path, { source: hidden })).result).toBe('accepted');
    const open = Object.assign(new MemoryLogSource(log.files(), { isLive: true }), { hasToken: true });
    expect((await mirror(log, path, { source: open })).result).toBe('accepted');
    expect(await verifyMirror(log, path)).toMatchObject({ verdict: 'VALID', counts: { opened: 300 } });
  });

  it('an anchor that the log stated once stays stated', async () => {
    const contract = `0x${'c'.repeat(40)}`;
    const log = logOf(20, { chains: [{ chainId: '1', contract, fromBlock: '0', codeHash: `0x${'d'.repeat(64)}` }] });
    const path = newFolder();
    log.anchors.push({ chainId: '1', contract, size: 10n });
    await mirror(log, path);
    log.anchors.splice(0, 1, { chainId: '1', contract, size: 15n });
    await mirror(log, path);
    expect(readFileSync(join(path, 'anchors.jsonl'), 'utf8').match(/"size":"1[05]"/g)).toEqual(['"size":"10"', '"size":"15"']);
  });
});

describe('the command mirror', () => {
  const cli = join(import.meta.dirname, '..', '..', '..', 'verifier');
  const run = (script: string, ...args: string[]) =>
    new Promise<{ exitCode: number; stdout: string; stderr: string }>((resolve) =>
      execFile(process.execPath, [join(cli, script), ...args], { env: { PATH: process.env['PATH'] } }, (error, stdout, stderr) =>
        resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr }),
      ),
    );

  it('copies a live log over HTTP, from which verify runs', async () => {
    const log = logOf(300);
    const files = log.files();
    const server = createServer((request, response) => {
      const bytes = files.get((request.url ?? '').slice(1));
      response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const out = newFolder();
      const mirrored = await run('mirror-cli.ts', '--log', url, '--genesis', log.genesisHash, '--out', out);
      expect([mirrored.exitCode, mirrored.stderr, mirrored.stdout]).toEqual([0, '', expect.stringContaining('up to its head')]);
      const verified = await run('cli.ts', '--log', out, '--genesis', log.genesisHash, '--offline');
      expect(verified).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^VALID/) });
      expect(await run('mirror-cli.ts', '--log', url, '--genesis', log.genesisHash)).toMatchObject({ exitCode: 2 });
      expect(await run('mirror-cli.ts', '--log', url, '--genesis', 'a'.repeat(64), '--out', out)).toMatchObject({ exitCode: 2 });
    } finally {
      server.close();
    }
  });
});
