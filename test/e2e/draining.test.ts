import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SettlementChain } from '../../services/settlement/application/settlement-chain.ts';
import { startTestService, type TestService } from '../support/service.ts';

/** A chain that nobody has to ask before somebody follows a payment. */
const chain: SettlementChain = {
  ...{ chainId: '31337', rpcUrls: ['http://127.0.0.1:9'], codeHashes: {}, deploymentBlock: 0n, tokens: [] },
  contracts: { registry: `0x${'01'.repeat(20)}`, settlement: `0x${'02'.repeat(20)}` },
  profile: { finality: 'tag', realMoney: false, confirmations: [] },
};

let api: TestService;
let sockets: Socket[];
beforeEach(async () => {
  api = await startTestService({ settlementChains: [chain] });
  sockets = [];
});
afterEach(() => sockets.forEach((socket) => socket.destroy()));

interface Client {
  received(): string;
  /** Resolves when the text has come. */
  receives(text: string): Promise<void>;
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>;
}

/** A client that sends this and then nothing more. Answers when the bytes are on their way. */
async function clientSending(text: string): Promise<Client> {
  const { hostname, port } = new URL(api.service.url);
  let received = '';
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.on('data', (data: Buffer) => (received += data.toString()));
  socket.on('error', () => undefined); // A connection may be cut; `closed` tells of it.
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const receives = async (wanted: string) => {
    while (!received.includes(wanted)) await new Promise((resolve) => socket.once('data', resolve));
  };
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  await new Promise<void>((resolve) => void socket.write(text, () => resolve()));
  return { received: () => received, receives, closed };
}

describe('a service that is stopped', () => {
  it('ends the events of whoever follows a payment, and waits for nobody who does', async () => {
    await api.post('/v1/settlement', { legalName: 'Demo' });
    const account = (await api.post('/v1/accounts', { billing: 'prepaid', currency: 'EUR' })).body.id as string;
    const { id } = (await api.post(`/v1/accounts/${account}/top-ups/checkouts`, { amount: '1', currency: 'EUR' })).body as { id: string };
    const follower = await clientSending(`GET /v1/checkouts/${id}/events HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    await follower.receives('event: checkout');
    await Promise.all([api.close(), follower.closed]);
    expect(follower.received()).toMatch(/\r\n0\r\n\r\n$/); // Its last chunk: it was ended, and not cut.
  });

  it('does not wait for clients that never end their request', async () => {
    const head = `POST /v1/accounts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.token}\r\nContent-Type: application/json\r\n`;
    const clients = [
      await clientSending(''),
      await clientSending('GET /v1/accounts HTTP/1.1\r\nHost: x\r\nX-'),
      await clientSending(`${head}Idempotency-Key: ${randomUUID()}\r\nContent-Length: 100\r\n\r\n{"billing"`),
      await clientSending('GET /logs/demo/checkpoint HTTP/1.1\r\nHost: x\r\n\r\n'),
    ];
    const began = performance.now();
    const stopped = api.close();
    await Promise.all(clients.map(({ closed }) => closed));
    expect(performance.now() - began).toBeLessThan(10_000); // A request that runs would have 12 s.
    await stopped;
  });

  it('answers what was running', async () => {
    const quick = 'GET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n';
    const slow = `GET /v1/accounts?after=1000000 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.token}\r\n\r\n`;
    const client = await clientSending(quick + slow);
    // Both came with the same bytes: the answer to the first says that the second is running.
    await client.receives('route_not_found');
    await api.close();
    await client.closed;
    expect(client.received()).toContain('projection_behind');
  });
});
