import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

interface Request {
  readonly method: string;
}

/** Answers of a node, by method; what is not named is answered as the honest node does. */
export type Lies = Readonly<Record<string, (truth: unknown) => unknown>>;

export interface LyingNode {
  readonly url: string;
  close(): Promise<void>;
}

/** Stands before an honest node. */
export async function startLyingNode(honestUrl: string, lies: Lies): Promise<LyingNode> {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const asked = (await json(request)) as Request;
    const headers = { 'content-type': 'application/json' };
    const truth = (await (await fetch(honestUrl, { method: 'POST', headers, body: JSON.stringify(asked) })).json()) as { result?: unknown };
    const lie = lies[asked.method];
    response.writeHead(200, headers).end(JSON.stringify(lie === undefined ? truth : { ...truth, result: lie(truth.result) }));
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}
