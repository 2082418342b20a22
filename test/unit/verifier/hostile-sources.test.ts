import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PayloadLines, readPayloadLine } from '../../../verifier/log/payload-line.ts';
import { textReport } from '../../../verifier/report/text-report.ts';
import { FolderLogSource } from '../../../verifier/source/folder.log-source.ts';
import { HttpLogSource } from '../../../verifier/source/http.log-source.ts';
import { LogBuilder, type LogFolder, writeFiles } from '../../support/log-builder.ts';
import { MemoryLogSource } from '../../support/memory.log-source.ts';
import { summaryOf, verifyFiles } from '../../support/verify-files.ts';

const log = new LogBuilder();
while (log.size < 20) log.move('1.00');
const chains = [{ chainId: '1', contract: `0x${'c'.repeat(40)}`, fromBlock: '0', codeHash: `0x${'d'.repeat(64)}` }];

let servers: Server[] = [];
afterEach(() => {
  for (const server of servers) server.closeAllConnections();
  for (const server of servers) server.close();
  servers = [];
});

/** Serves the log, but for one file. */
async function serverOf(
  path: string,
  answer: (response: ServerResponse, request: IncomingMessage) => void,
  files = log.files(),
): Promise<string> {
  const server = createServer((request, response) => {
    const name = (request.url ?? '').slice(1);
    if (name === path) return answer(response, request);
    const bytes = files.get(name);
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const verifyAt = (url: string, timeoutMs = 20_000) =>
  verifyFiles(log, log.files(), { source: new HttpLogSource(url, { token: 'secret', timeoutMs }) });

describe('[ATT-33] a server that is hostile', () => {
  const tile = 'tile/0/000.p/20';

  it('cannot fill the memory by a body without an end', async () => {
    let sent = 0;
    const url = await serverOf(tile, (response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const pour = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
      };
      response.on('drain', pour);
      pour();
    });
    expect(summaryOf(await verifyAt(url))).toMatchObject({ verdict: 'UNVERIFIABLE', results: { V3: 'unverifiable' } });
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it('cannot fill it by a small body that unpacks to a large one', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const url = await serverOf(tile, (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    expect(summaryOf(await verifyAt(url))).toMatchObject({ verdict: 'UNVERIFIABLE' });
  });

  it('cannot keep the verifier waiting for ever, by a slow body or by none', async () => {
    for (const answer of [(response: ServerResponse) => void response.writeHead(200).write('x'), () => undefined]) {
      const url = await serverOf('checkpoint', answer);
      expect(summaryOf(await verifyAt(url, 300))).toMatchObject({ verdict: 'UNVERIFIABLE', reason: expect.stringContaining('checkpoint') });
    }
  });

  it('cannot send the token elsewhere by a redirect', async () => {
    const asked: (string | undefined)[] = [];
    const elsewhere = await serverOf('stolen', (response, request) => {
      asked.push(request.headers.authorization);
      response.end();
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const url = await serverOf('checkpoint', (response) => response.writeHead(status, { location: `${elsewhere}stolen` }).end());
      expect(summaryOf(await verifyAt(url))).toMatchObject({ verdict: 'UNVERIFIABLE', reason: expect.stringContaining(String(status)) });
    }
    expect(asked).toEqual([]);
  });

  it('gets a verdict for whatever it answers', async () => {
    const names = [...log.files().keys()];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), fc.uint8Array({ maxLength: 3_000 }), async (name, bytes) => {
        const files = log.files().set(name, Buffer.from(bytes));
        const { verdict } = await verifyFiles(log, files);
        expect(['INVALID', 'UNVERIFIABLE', ...(name === 'anchors.jsonl' || name === 'log.vkey' ? ['VALID'] : [])]).toContain(verdict);
      }),
      { numRuns: 150 },
    );
  });

  it('gets a verdict for files of which a piece was cut out, doubled or changed', async () => {
    const names = [...log.files().keys()];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.nat(),
        fc.nat({ max: 40 }),
        fc.uint8Array({ maxLength: 20 }),
        async (name, at, cut, put) => {
          const bytes = log.files().get(name)!;
          const from = at % (bytes.length + 1);
          const changed = Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + cut)]);
          const { verdict } = await verifyFiles(log, log.files().set(name, changed));
          const mayBeValid =
            changed.equals(bytes) ||
            name === 'anchors.jsonl' ||
            name === 'log.vkey' ||
            name === 'checkpoint' ||
            name.startsWith('payloads/') ||
            name === 'genesis.json';
          if (!mayBeValid) expect(verdict).not.toBe('VALID');
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('[ATT-33] a folder that is hostile', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tallyroot-hostile-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const tampers: readonly [string, (path: string) => void][] = [
    ['a link out of it', (path) => symlinkSync('/etc/hostname', path)],
    ['a link to what never ends', (path) => symlinkSync('/dev/zero', path)],
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
    ['a folder', (path) => mkdirSync(path)],
    [
      'a file of a terabyte',
      (path) => {
        writeFileSync(path, '');
        truncateSync(path, 2 ** 40);
      },
    ],
  ];
  for (const [name, tamper] of tampers)
    it(`is UNVERIFIABLE with ${name} where a tile belongs`, async () => {
      const path = writeFiles(mkdtempSync(join(folder, 'log-')), log.files());
      const tile = join(path, 'tile', '0', '000.p', '20');
      unlinkSync(tile);
      tamper(tile);
      const outcome = await verifyFiles(log, new Map(), { source: new FolderLogSource(path) });
      expect(summaryOf(outcome)).toMatchObject({ verdict: 'UNVERIFIABLE', results: { V3: 'unverifiable' } });
    });
});

describe('[ATT-33] sizes beyond everything', () => {
  it('are UNVERIFIABLE in a signed head of more leaves than a number counts', async () => {
    for (const size of [2 ** 53, 2 ** 60, 2 ** 63]) {
      const outcome = await verifyFiles(log, log.files().set('checkpoint', log.checkpoint(size, Buffer.alloc(32, 1))));
      expect(summaryOf(outcome)).toEqual({ verdict: 'UNVERIFIABLE', reason: expect.stringContaining('more than can be read') });
    }
    const far = await verifyFiles(log, log.files().set('checkpoint', log.checkpoint(2 ** 50, Buffer.alloc(32, 1))));
    expect(far.verdict).toBe('UNVERIFIABLE');
  });

  it('in promises of the log leave its times comparable', async () => {
    const [heartbeatSeconds, toleranceSeconds] = [9_999_999_999_999_999, 9_999_999_999_999_999];
    const other = new LogBuilder({ heartbeatSeconds, toleranceSeconds, chains });
    other.move('1.00');
    expect((await verifyFiles(other, other.files())).verdict).toBe('VALID');
  });

  it('make an event INVALID whose line is longer than one can be, beyond the longest text that V8 has too', async () => {
    const files = log.files();
    const [first, second, ...rest] = files.get('payloads/000.jsonl')!.toString().split('\n');
    const long = second!.replace('"data":"', `"data":"${'A'.repeat(5 * 1024 * 1024)}`);
    files.set('payloads/000.jsonl', Buffer.from([first, long, ...rest].join('\n')));
    expect(summaryOf(await verifyFiles(log, files))).toMatchObject({ verdict: 'INVALID', results: { V7: 'invalid' }, firstBad: 1 });
    const lines = new PayloadLines(Buffer.alloc(2 ** 29 + 1_000));
    expect(readPayloadLine(lines.next(), 0)).toBe('unreadable');
    expect(lines.next()).toBe('');
  });

  it('are read one after the other, and not eight at once', async () => {
    const large = new LogBuilder();
    while (large.size < 256 * 4)
      large.append({
        stream: `north.account-${large.size % 3}`,
        type: 'Noted/1',
        fin: { text: 'x'.repeat(large.size < 512 ? 26_000 : 10) },
      });
    const source = new MemoryLogSource(large.files());
    const read = source.read.bind(source);
    let [reading, together] = [0, 0];
    source.read = async (path, bytesMax) => {
      const isWhole = path.startsWith('payloads/') && bytesMax > 100 * 1024 * 1024;
      if (isWhole) together = Math.max(together, ++reading);
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (isWhole) reading--;
      return read(path, bytesMax);
    };
    const outcome = await verifyFiles(large, new Map(), { source });
    expect([outcome.verdict, together]).toEqual(['VALID', 1]);
    expect(outcome).toMatchObject({ counts: { opened: 1_024 } });
  });
});

describe('what a log says of itself', () => {
  it('commands no terminal', async () => {
    const files: LogFolder = log.files().set('log.vkey', Buffer.from('\u001b[2J\u001b]0;owned\u0007\u202eDILAV\n'));
    const report = textReport(await verifyFiles(log, files), undefined);
    expect(report).toContain('log.vkey is no key of this log');
    expect(report).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });
});
