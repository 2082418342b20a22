import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: unknown[];
}

/**
 * What a node answers, given what the honest one does; undefined for no result at all. By method, where the honest answer to all others
 * stands; or for every method.
 */
export type Lies = Readonly<Record<string, (truth: unknown) => unknown>> | ((method: string, truth: unknown, params: unknown[]) => unknown);

/** Thrown by a lie: the node refuses. */
export class Refusal extends Error {}

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
    response.writeHead(200, headers).end(JSON.stringify(lieTo(asked, truth)));
  };
  const lieTo = ({ id, method, params }: Request, truth: { readonly result?: unknown }) => {
    if (truth.result === undefined) return truth;
    try {
      const told = typeof lies === 'function' ? lies(method, truth.result, params) : (lies[method] ?? ((result) => result))(truth.result);
      return { ...truth, result: told };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { jsonrpc: '2.0', id, error: { code: -32602, message: error.message } };
    }
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
