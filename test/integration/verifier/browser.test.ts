import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { consistencyVectors, inclusionVectors } from '../../support/merkle-vectors.ts';
import { LogBuilder, type LogFolder } from '../../support/log-builder.ts';
import { summaryOf, verifyFiles } from '../../support/verify-files.ts';

/*
 * The bundle in a browser, as the distribution packages it. Where none is installed the test is left out, and Jest says so; CI installs one
 * and lets no test be left out.
 */
const candidates = [process.env['CHROMIUM'] ?? '', 'chromium', 'chromium-browser', 'google-chrome'].filter((name) => name !== '');
const executable = candidates.map((name) => spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim()).find((path) => path !== '');
const inBrowser = executable === undefined ? describe.skip : describe;
const root = join(import.meta.dirname, '..', '..', '..');

const log = new LogBuilder();
while (log.size < 600) {
  if (log.size % 200 === 199) log.commitState();
  else if (log.size === 300) log.rotateKey();
  else log.move(`${log.size}.00`, { account: `acc_${log.size % 5}` });
}

let browser: Browser;
let page: Page;
let server: Server;
let url: string;
let files: LogFolder = log.files();

inBrowser('[E6] the verifier in a browser', () => {
  beforeAll(async () => {
    execFileSync(process.execPath, [join(root, 'bin', 'tallyroot'), 'build'], { stdio: 'ignore' });
    server = createServer((request, response) => {
      const path = request.url ?? '';
      const name = path === '/verify' ? 'index.html' : path.startsWith('/verify/') ? path.slice('/verify/'.length) : undefined;
      if (name !== undefined) {
        response.setHeader('content-type', name.endsWith('.html') ? 'text/html' : 'text/javascript');
        response.end(readFileSync(join(root, 'dist', 'verify', name)));
        return;
      }
      const bytes = files.get(path.replace('/logs/north/', ''));
      response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await chromium.launch({
      executablePath: executable as string,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
      timeout: 120_000,
    });
    page = await browser.newPage();
    page.setDefaultTimeout(120_000);
  }, 240_000);

  afterAll(async () => {
    await browser.close();
    server.closeAllConnections();
    server.close();
  });

  /** As an auditor fills it in. */
  async function verifyByPage(): Promise<{ verdict: string | undefined; report: string | null }> {
    await page.goto(`${url}/verify`);
    await page.fill('[name=log]', '/logs/north/');
    await page.fill('[name=genesis]', log.genesisHash);
    await page.click('button');
    await page.waitForSelector('body[data-verdict=VALID], body[data-verdict=INVALID], body[data-verdict=UNVERIFIABLE]');
    const verdict = await page.getAttribute('body', 'data-verdict');
    return { verdict: verdict ?? undefined, report: await page.textContent('#report') };
  }

  it('finds an honest log VALID on the page, with all checks that Node makes', async () => {
    files = log.files();
    const { verdict, report } = await verifyByPage();
    expect([verdict, report]).toEqual(['VALID', expect.stringContaining('600 payloads opened')]);
    expect(report).toMatch(/V8 +balances +ok/);
  }, 240_000);

  it('finds what Node finds in logs that were changed', async () => {
    const honest = log.files();
    const changes: readonly ((changed: LogFolder) => void)[] = [
      (changed) =>
        changed.set('payloads/001.jsonl', Buffer.from(honest.get('payloads/001.jsonl')!.toString().replace('"data":"eyJ', '"data":"eyK'))),
      (changed) => changed.set('tile/0/000', Buffer.from(honest.get('tile/0/000')!).fill(7, 320, 352)),
      (changed) =>
        changed.set(
          'tile/entries/001',
          Buffer.from(honest.get('tile/entries/001')!.toString('latin1').replace('"rev":"60"', '"rev":"61"'), 'latin1'),
        ),
      (changed) => changed.set('checkpoint', log.checkpoint(600, Buffer.alloc(32, 1))),
      (changed) => changed.delete('tile/1/000.p/2'),
    ];
    for (const change of changes) {
      files = log.files();
      change(files);
      const outcome = await verifyFiles(log, files);
      const { verdict, report } = await verifyByPage();
      expect(verdict).toBe(outcome.verdict);
      const { firstBad } = summaryOf(outcome) as { firstBad?: number };
      if (firstBad !== undefined) expect(report).toContain(`first bad event: leaf ${firstBad},`);
    }
  }, 240_000);

  it('agrees with TypeScript and Solidity on every vector, in trees of up to 2^64 - 1 leaves', async () => {
    const text = JSON.stringify({ inclusionVectors, consistencyVectors }, (_, value: unknown) =>
      typeof value === 'bigint' ? `${value}n` : value,
    );
    await page.goto(`${url}/verify`);
    const verdicts = await page.evaluate(async (vectors: string) => {
      interface Verifier {
        verifyInclusion(claim: unknown): boolean;
        verifyConsistency(claim: unknown): boolean;
      }
      const path = '/verify/verifier.js';
      const verifier = (await import(path)) as Verifier;
      const revived = JSON.parse(vectors, (_, value: unknown) => {
        if (typeof value === 'string' && /^\d+n$/.test(value)) return BigInt(value.slice(0, -1));
        const { type, data } = (value ?? {}) as { type?: string; data?: number[] };
        return type === 'Buffer' && data !== undefined ? Uint8Array.from(data) : value;
      }) as { inclusionVectors: { index: bigint; size: bigint }[]; consistencyVectors: { size1: bigint }[] };
      return {
        right: [
          ...revived.inclusionVectors.map((claim) => verifier.verifyInclusion(claim)),
          ...revived.consistencyVectors.map((claim) => verifier.verifyConsistency(claim)),
        ],
        wrong: [
          ...revived.inclusionVectors.map((claim) => verifier.verifyInclusion({ ...claim, index: claim.size })),
          ...revived.consistencyVectors.map((claim) => verifier.verifyConsistency({ ...claim, root1: new Uint8Array(32) })),
        ],
      };
    }, text);
    expect(verdicts.right).toHaveLength(inclusionVectors.length + consistencyVectors.length);
    expect(verdicts.right.every(Boolean)).toBe(true);
    expect(verdicts.wrong.some(Boolean)).toBe(false);
    expect(inclusionVectors.some(({ size }) => size > 2n ** 63n)).toBe(true);
  }, 240_000);
});
