import { createServer, type Server } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AgreedMandate, DueCollection } from '../../../projections/mandates/collections.query.ts';
import { collectionService } from '../../../services/main/settlement/collection-service.ts';
import { collectDue } from '../../../services/main/settlement/due-collections.ts';

interface Said {
  readonly status: number;
  readonly code?: string;
}

/** By mandate, what the service answers. */
let answers: Record<string, Said>;
/** Invoice and mandate of every request, in order. */
let asked: string[];
let [folder, url] = ['', ''];
let server: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'collect-'));
  await writeFile(join(folder, 'api-key'), 'key\n');
  server = createServer((request, response) => {
    void Array.fromAsync(request as AsyncIterable<Buffer>).then((parts) => {
      const { mandate } = JSON.parse(Buffer.concat(parts).toString()) as { mandate: string };
      const [, , , invoice] = (request.url ?? '').split('/');
      asked.push(`${invoice} ${mandate}`);
      const { status, code } = answers[mandate] ?? { status: 201 };
      response.writeHead(status, { 'content-type': 'application/json' }).end(code === undefined ? 'no document' : JSON.stringify({ code }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  [answers, asked] = [{}, []];
});

const on = (chainId: string, ...mandates: string[]): AgreedMandate[] => mandates.map((mandate) => ({ mandate, chainId }));

/** Each invoice by its mandates. */
async function collect(invoices: Readonly<Record<string, readonly AgreedMandate[]>>, at = url) {
  const due = Object.entries(invoices).map(([invoice, mandates]): DueCollection => {
    return { invoice, number: `N-${invoice}`, account: 'acc', open: '8.00', currency: 'EUR', dueOn: '2026-03-01', mandates };
  });
  const lines: string[] = [];
  const records = { of: () => Promise.resolve({ hasCollected: false, isByPayer: false, isUnderWay: false, failedAt: undefined }) };
  const service = await collectionService(at, join(folder, 'api-key'), new Date('2026-03-01T12:00:00.000Z'));
  const options = { day: '2026-03-01', service, records, print: (line: string) => void lines.push(line) };
  const exitCode = await collectDue(Readable.from(due) as AsyncIterable<DueCollection>, options);
  return { exitCode, said: lines.map((line) => line.split(': ').at(-1)) };
}

describe('invoices that are due', () => {
  it('are collected under the first of their mandates that the service does not refuse', async () => {
    answers = { a: { status: 409, code: 'mandate_cap_exceeded' } };
    const { exitCode, said } = await collect({ one: on('1', 'a', 'b', 'c'), two: on('1', 'c') });
    expect(asked).toEqual(['one a', 'one b', 'two c']);
    expect([exitCode, said]).toEqual([
      0,
      ['ordered', 'ordered', '2 of 2 invoices that are due by 2026-03-01 and have a mandate are ordered to be collected.'],
    ]);
  });

  it('say why, where each mandate is refused', async () => {
    answers = {
      a: { status: 409, code: 'mandate_cap_exceeded' },
      b: { status: 404, code: 'chain_not_found' },
      c: { status: 409, code: 'mandate_cap_exceeded' },
    };
    const { exitCode, said } = await collect({ one: on('1', 'a', 'b', 'c') });
    expect([exitCode, said[0]]).toEqual([1, 'mandate_cap_exceeded, chain_not_found']);
  });

  it.each([
    ['a chain that is away', { status: 503, code: 'chain_unavailable' }, 'chain_unavailable'],
    ['what the service breaks on', { status: 500, code: 'internal_error' }, 'internal_error'],
    ['too many requests', { status: 429, code: 'too_many_requests' }, 'too_many_requests'],
    ['an answer of a gateway', { status: 502 }, '502'],
  ])('are not kept from their turn by %s, and it is told', async (_, answer, code) => {
    answers = { away: answer };
    const { exitCode, said } = await collect({ one: on('1', 'away'), two: on('2', 'b'), three: on('1', 'away'), four: on('2', 'b') });
    expect(asked).toEqual(['one away', 'two b', 'three away', 'four b']);
    expect([exitCode, said.slice(0, 4)]).toEqual([2, [code, 'ordered', code, 'ordered']]);
    expect(said.at(-1)).toBe('run it again.');
  });

  it('are collected under a mandate on another chain, where one is away', async () => {
    answers = { a: { status: 503, code: 'chain_unavailable' } };
    expect((await collect({ one: [...on('1', 'a', 'b'), ...on('2', 'c')] })).exitCode).toBe(0);
    expect(asked).toEqual(['one a', 'one c']);
  });

  it.each([401, 403])('are not asked for any more where the key is not taken (%s)', async (status) => {
    answers = { a: { status, code: 'unauthorized' } };
    await expect(collect({ one: on('1', 'a'), two: on('1', 'b') })).rejects.toThrow(`answers ${status} (unauthorized)`);
    expect(asked).toEqual(['one a']);
  });

  it('are not asked for any more where nobody answers', async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    await expect(collect({ one: on('1', 'a') }, `http://127.0.0.1:${port}`)).rejects.toThrow('does not answer');
  });
});
