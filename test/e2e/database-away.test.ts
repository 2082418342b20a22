import { createServer, connect, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '../support/postgres.ts';
import { type Answer, startTestService, type TestService } from '../support/service.ts';

/** The way to the database, which can be cut and mended. */
class Line {
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  port = 0;

  constructor(target: string) {
    this.#target = new URL(target);
  }

  get url(): string {
    const url = new URL(this.#target);
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.href;
  }

  async mend(): Promise<void> {
    const { hostname, port } = this.#target;
    const server = createServer((near) => {
      const far = connect(Number(port), hostname);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one);
        one.pipe(other);
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
      }
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as { port: number }).port;
    this.#server = server;
  }

  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

let database: TestDatabase;
let line: Line;
let api: TestService;
let account: string;
beforeAll(async () => {
  database = await freshDatabase();
  line = new Line(database.serviceUrl);
  await line.mend();
  api = await startTestService({ databaseUrl: line.url });
  account = (await api.post('/v1/accounts', { billing: 'prepaid', currency: 'EUR' })).body.id as string;
});
afterAll(async () => {
  await api.close();
  await line.cut();
  await database.drop();
});

const topUp = () => api.post(`/v1/accounts/${account}/top-ups`, { amount: '1', currency: 'EUR', method: 'card' });
const views = () => [`/v1/accounts/${account}`, `/v1/accounts/${account}/balances`, '/v1/trial-balance', '/v1/invoices'];

/** Asks until the answer has this status, or gives the last one to the assertion. */
async function expectSoon(name: string, ask: () => Promise<Answer>, status: number): Promise<Answer> {
  let answer = await ask();
  for (const deadline = Date.now() + 60_000; answer.status !== status && Date.now() < deadline; await sleep(50)) answer = await ask();
  expect([name, answer.status]).toEqual([name, status]);
  return answer;
}

/** Commands are written, read models take them, and tree heads cover them. */
async function expectToGoOn(): Promise<void> {
  const { position, events } = (await expectSoon('command', topUp, 201)).body as { position: string; events: [{ id: string }] };
  for (const path of views()) await expectSoon(path, () => api.get(`${path}?after=${position}`), 200);
  await expectSoon('proof', () => api.get(`/v1/logs/demo/proofs/inclusion?event=${events[0].id}`), 200);
}

describe('a service whose database is away', () => {
  it('answers 503 to whatever needs it, and goes on when it is back', async () => {
    await expectToGoOn();
    const unseen = await api.post('/v1/providers/demo/api-keys', {}, { authorization: `Bearer ${api.operatorToken}` });
    await line.cut();
    const answers: Record<string, Answer> = { command: await topUp(), checkpoint: await api.get('/logs/demo/checkpoint') };
    for (const path of views()) answers[path] = await api.get(path);
    answers['a key that was not seen before'] = await api.get('/v1/accounts', { authorization: `Bearer ${unseen.body.token}` });
    for (const [name, answer] of Object.entries(answers)) {
      expect([name, answer.status, answer.body.code]).toEqual([name, 503, 'store_unavailable']);
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    await line.mend();
    await expectToGoOn();
  });
});
