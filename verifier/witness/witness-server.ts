import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { requestBytesMax } from './checkpoint-request.ts';
import type { Witness } from './witness.ts';

export interface WitnessServerOptions {
  readonly witness: Witness;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** A request that takes longer to arrive is cut off. */
  readonly requestMsMax?: number;
  /** Told of a failure of our own: the disk is full, for example. Nothing was cosigned. */
  readonly onFailure?: (error: unknown) => void;
}

const requestMsMaxDefault = 10_000;
const headerBytesMax = 8 * 1024;
const connectionsMax = 256;
const timeoutCheckMs = 500;
const checkpointPath = /^\/checkpoint\/([0-9a-f]{64})$/;

/** `POST /add-checkpoint` of C2SP tlog-witness, and `GET /checkpoint/<SHA-256 of the origin>` for whoever compares. */
export class WitnessServer {
  readonly #server: Server;
  readonly #options: WitnessServerOptions;

  private constructor(options: WitnessServerOptions) {
    this.#options = options;
    const { requestMsMax: requestTimeout = requestMsMaxDefault } = options;
    const limits = { requestTimeout, headersTimeout: requestTimeout, connectionsCheckingInterval: timeoutCheckMs };
    this.#server = createServer({ ...limits, maxHeaderSize: headerBytesMax }, (request, response) => this.#answer(request, response));
    this.#server.maxConnections = connectionsMax;
  }

  /** Resolves when it listens. */
  static async open(options: WitnessServerOptions): Promise<WitnessServer> {
    const server = new WitnessServer(options);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.#server.once('error', reject);
    server.#server.listen(options.port, options.host, resolve);
    await promise;
    return server;
  }

  get url(): string {
    const { address, port, family } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  /** Finishes what is under way. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeIdleConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '' } = request;
    if (url === '/add-checkpoint') {
      if (method === 'POST') this.#addCheckpoint(request, response);
      else refuse(response, 405, 'A checkpoint is sent by POST.');
      return;
    }
    const [, originHash] = checkpointPath.exec(url) ?? [];
    const checkpoint = method === 'GET' && originHash !== undefined ? this.#options.witness.checkpoint(originHash) : undefined;
    if (checkpoint === undefined) refuse(response, 404, 'There is nothing here.');
    else send(response, 200, 'text/plain; charset=utf-8', checkpoint);
  }

  #addCheckpoint(request: IncomingMessage, response: ServerResponse): void {
    const parts: Buffer[] = [];
    let length = 0;
    request.on('error', () => undefined); // Who hung up hears nothing.
    request.on('data', (part: Buffer) => {
      length += part.length;
      if (length <= requestBytesMax) parts.push(part);
      else if (!response.headersSent) refuse(response, 413, 'The request is too long.');
    });
    request.on('end', () => {
      if (response.headersSent) return;
      try {
        const { status, contentType, body } = this.#options.witness.addCheckpoint(Buffer.concat(parts));
        send(response, status, contentType, body);
      } catch (error) {
        this.#options.onFailure?.(error);
        refuse(response, 500, 'The witness failed. Nothing was cosigned.');
      }
    });
  }
}

/** The connection ends too: what else comes on it is not worth reading. */
function refuse(response: ServerResponse, status: number, message: string): void {
  response.setHeader('connection', 'close');
  send(response, status, 'text/plain; charset=utf-8', `${message}\n`);
}

function send(response: ServerResponse, status: number, contentType: string, body: string | Buffer): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
