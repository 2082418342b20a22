import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Receipt } from '../../services/commands/application/receipts.ts';
import { copyFolder } from '../../services/main/embedded/copy-folder.ts';
import { HttpLogSource } from '../../verifier/source/http.log-source.ts';
import { verifyLog } from '../../verifier/verify.ts';
import { DoubleProcess } from '../eventstoredb-double/double-process.ts';
import { StartedCommand } from '../start/started-service.ts';
import { startTestService, type TestService } from '../support/service.ts';

jest.setTimeout(240_000);

const repeats = 50;

interface Answered {
  readonly status: number;
  readonly body: { readonly id?: string; readonly events: readonly { readonly id: string }[]; readonly receipt: Receipt };
}

for (const engine of ['Postgres', 'EventStoreDB (double)']) {
  describe(`[K11] parallel repeats over two processes on ${engine}`, () => {
    let store: DoubleProcess | undefined;
    let first: TestService;
    let second: StartedCommand | undefined;
    let folder: string | undefined;
    let urls: readonly [string, string];

    beforeAll(async () => {
      store = engine === 'Postgres' ? undefined : await DoubleProcess.start();
      first = await startTestService({ eventStoreUrl: store?.connectionString });
      folder = await mkdtemp(join(tmpdir(), 'tallyroot-second-'));
      // The second process has the keys of the first, as API nodes of one installation have. Drafts of heads come and go beside them.
      await copyFolder(join(first.dataFolder, 'keys'), join(folder, 'keys'), { leaveOut: () => false, inUse: true });
      second = new StartedCommand(['start', '--data', folder, '--port', '0'], { ...first.environment, ROLE: 'api' });
      await second.printed('Ctrl-C');
      urls = [first.service.url, /API +(http:\S+)/.exec(second.output)?.[1] ?? ''];
    });
    // Also after a start that failed half-way: then that failure is what is to be seen.
    afterAll(async () => {
      second?.signalGroup('SIGTERM');
      await second?.exit;
      await (first as TestService | undefined)?.close();
      await store?.kill();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    });

    /** The same request to both processes at once. */
    async function repeated(path: string, body: object): Promise<readonly Answered[]> {
      const headers = { authorization: `Bearer ${first.token}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
      const requests = Array.from({ length: repeats }, async (_, index): Promise<Answered> => {
        const answer = await fetch(`${urls[index % 2]}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
        return { status: answer.status, body: (await answer.json()) as Answered['body'] };
      });
      const answers = await Promise.all(requests);
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: repeats }, () => 201));
      return answers;
    }

    it('write one event, and every receipt fits its leaf', async () => {
      const opened = await repeated('/v1/accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '500' });
      const account = opened[0]?.body.id as string;
      const answers = [opened];
      // On a living aggregate, which both processes remember, and which each of them changes behind the other's back.
      for (const amount of ['1', '2', '3']) {
        const charge = { amount, currency: 'EUR', product: 'tv', description: 'TV' };
        answers.push(await repeated(`/v1/accounts/${account}/charges`, charge));
        answers.push(await repeated(`/v1/accounts/${account}/top-ups`, { amount, currency: 'EUR', method: 'card' }));
      }
      for (const some of answers) {
        expect(new Set(some.map(({ body }) => body.events.map(({ id }) => id).join())).size).toBe(1);
        expect(new Set(some.map(({ body }) => body.receipt.promise)).size).toBe(1);
      }
      const balances = await first.get(`/v1/accounts/${account}/balances`);
      expect(balances.status).toBe(200);

      const receipts = answers.flat().map(({ body }) => body.receipt);
      const last = JSON.parse(Buffer.from(receipts.at(-1)!.promise, 'base64').toString()) as { id: string };
      await inLog(last.id);
      const outcome = await verifyLog({
        source: new HttpLogSource(`${urls[0]}/logs/demo/`, { token: first.token }),
        genesisHash: await first.service.integrity.logs.genesisHashOf('demo'),
        ...{ rpcUrls: [], isOffline: true, receipts: receipts.map((receipt) => JSON.stringify(receipt)).join('\n') },
      });
      const judged = 'reason' in outcome ? undefined : outcome.checks.find(({ id }) => id === 'V10');
      expect([outcome.verdict, judged?.result, judged?.findingCount]).toEqual(['VALID', 'ok', 0]);
    });

    /** Waits until a signed head covers the event. */
    async function inLog(event: string): Promise<void> {
      for (let attempt = 0; attempt < 600; attempt++) {
        if ((await fetch(`${urls[0]}/v1/logs/demo/proofs/inclusion?event=${event}`)).status === 200) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`No head covers event ${event}.`);
    }
  });
}
