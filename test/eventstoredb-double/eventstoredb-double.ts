import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { ServerOptions } from 'node:http2';
import { setTimeout as pause } from 'node:timers/promises';
import { append } from './append.ts';
import { batchAppend } from './batch-append.ts';
import { deleteStream, tombstoneStream } from './delete.ts';
import { DoubleCore } from './double-core.ts';
import type { AppendFault, FaultScript, FeatureFault, ReadFault } from './faults.ts';
import { featuresService, gossipService, streamsService } from './generated.ts';
import { type Member, readGossip } from './gossip.ts';
import { resetCall } from './http2-call.ts';
import { LogFile } from './log-file.ts';
import type { Encoded } from './messages.ts';
import { makeNoise } from './noise.ts';
import { read } from './read.ts';
import { supportedMethods } from './server-features.ts';
import { Sockets } from './sockets.ts';
import type { WireEvent, WireRecord } from './wire-event.ts';
import { WireLog } from './wire-log.ts';

/** A message of 16 MiB is refused, one of 15 MiB is not. */
const messageBytesMax = 16 * 1024 * 1024;
const goAwayGraceMs = 1000;
/** Time for a reset to reach the client before its connection breaks. */
const resetGraceMs = 50;
const noError = 0;

export interface EventStoreDBDoubleOptions {
  readonly port?: number;
  /** Distance to the next position; by default the size of the record. */
  readonly stride?: (event: WireEvent) => bigint;
  /** Keeps the log in this file, and answers an append only when it is durable there. */
  readonly file?: string;
  readonly version?: string;
}

/**
 * A server that speaks EventStoreDB's protocol and answers as a real 23.10.6 was observed to do, with faults at will. It exists for
 * tests and benches; everything it knows of the wire comes from the definitions that the client package ships.
 */
export class EventStoreDBDouble {
  readonly #options: EventStoreDBDoubleOptions;
  readonly #sockets: Sockets;
  readonly #core: DoubleCore;
  #members: readonly Member[] | undefined;
  #server: Server | undefined;
  #clockSkewMs = 0;

  private constructor(options: EventStoreDBDoubleOptions) {
    this.#options = options;
    this.#sockets = new Sockets(options.port ?? 0);
    this.#core = new DoubleCore(this.#logOf([]));
    this.#load();
    // What a server writes about itself comes first; the id of the first record names the store.
    if (this.log.records.length === 0) this.log.appendSystemEvent('$$$stats-127.0.0.1:2113', '$metadata', '{"$maxAge":864000}');
  }

  static async start(options: EventStoreDBDoubleOptions = {}): Promise<EventStoreDBDouble> {
    const double = new EventStoreDBDouble(options);
    await double.#listen();
    return double;
  }

  get connectionString(): string {
    return `esdb://127.0.0.1:${this.port}?tls=false`;
  }

  get port(): number {
    return this.#sockets.port;
  }

  /** Faults of appends, batch and plain. */
  get appendFaults(): FaultScript<AppendFault> {
    return this.#core.appendFaults;
  }

  /** Faults of reads and subscriptions. */
  get readFaults(): FaultScript<ReadFault> {
    return this.#core.readFaults;
  }

  /** Faults of the look-up by which a client learns that it may append in batches. */
  get featureFaults(): FaultScript<FeatureFault> {
    return this.#core.featureFaults;
  }

  /** The log itself, for what somebody with access to the server does behind everybody's back. */
  get log(): WireLog {
    return this.#core.log;
  }

  /** As kill -9: every connection is reset at once, nothing more is answered, the port refuses. */
  async kill(): Promise<void> {
    this.#core.generation++;
    const closed = this.#sockets.close();
    this.#sockets.destroy();
    this.#server?.forceShutdown();
    this.#server = undefined;
    this.#core.gate.reset();
    await closed;
    await this.#core.file?.close();
    this.#core.file = undefined;
  }

  /**
   * Serves again on the same port, with what is in the file, or else with everything that was written. For `notReadyMs` it answers
   * "Server Is Not Ready".
   */
  async restart({ notReadyMs = 0 }: { notReadyMs?: number } = {}): Promise<void> {
    await this.kill();
    this.#load();
    this.#core.ready = notReadyMs === 0;
    await this.#listen();
    const { generation } = this.#core;
    if (notReadyMs > 0) setTimeout(() => (this.#core.ready ||= generation === this.#core.generation), notReadyMs).unref();
  }

  /** As SIGTERM: nobody new gets in, what is open is served a while longer and then ends without a status. */
  async terminate({ graceMs = 5000 }: { graceMs?: number } = {}): Promise<void> {
    const closed = this.#sockets.close();
    this.#core.goAway(graceMs + resetGraceMs);
    await pause(graceMs);
    for (const call of this.#core.openCalls) resetCall(call, noError);
    await pause(resetGraceMs);
    await this.kill();
    await closed;
  }

  /** A copy of the log, for `restore`. */
  backup(): readonly WireRecord[] {
    return [...this.#core.log.records];
  }

  /** Goes on with an older copy, as after a restored backup: same store, fewer events. */
  async restore(copy: readonly WireRecord[]): Promise<void> {
    await this.kill();
    this.#load();
    this.#core.file?.replace(copy);
    this.#core.log = this.#logOf(copy);
    await this.#listen();
  }

  /** Ends the server and frees the port and the file. */
  async stop(): Promise<void> {
    await this.kill();
  }

  /** Says nothing more, on any call, while connections stay alive; `thaw` goes on with everything that came in meanwhile. */
  freeze(): void {
    this.#core.gate.close();
  }

  thaw(): void {
    this.#core.gate.open();
  }

  setReady(ready: boolean): void {
    this.#core.ready = ready;
  }

  /** GOAWAY on every connection: open calls have a second left. */
  goAway(): void {
    this.#core.goAway(goAwayGraceMs);
  }

  /** Breaks every connection; new ones are taken. */
  disconnect(): void {
    this.#sockets.destroy();
  }

  /** Drops every live reader as if it lagged; answers how many. */
  dropLiveReaders(): number {
    return this.#core.dropLiveReaders();
  }

  /** Events by which a live reader may lag before it is dropped, 32 on a real server. */
  setLiveBufferMax(events: number): void {
    this.#core.liveBufferMax = events;
  }

  /** The server's clock is so much ahead of ours; a negative number lets it be behind. */
  setClockSkew(ms: number): void {
    this.#clockSkewMs = ms;
  }

  /** Writes one event of each kind that a server writes by itself. */
  makeNoise(): void {
    makeNoise(this.#core.log);
  }

  /** What gossip tells; by default one leader, which is this server. */
  setMembers(members: readonly Member[]): void {
    this.#members = members;
  }

  /** What a new process knows: the file, or without one everything, but nothing of what `any` remembered. */
  #load(): void {
    const { file } = this.#options;
    const opened = file === undefined ? undefined : LogFile.open(file);
    this.#core.file = opened?.file;
    this.#core.log = this.#logOf(opened?.records ?? this.#core.log.records);
  }

  #logOf(records: readonly WireRecord[]): WireLog {
    const { stride } = this.#options;
    const nowMs = () => Date.now() + this.#clockSkewMs;
    const journal = (written: readonly WireRecord[]) => this.#core.file?.write(written);
    return new WireLog({ nowMs, journal, ...(stride !== undefined && { stride }) }, records);
  }

  async #listen(): Promise<void> {
    const server = new Server({
      'grpc.max_receive_message_length': messageBytesMax,
      'grpc.max_send_message_length': -1,
      'grpc-node.max_session_memory': Number.MAX_SAFE_INTEGER,
    });
    allowResets(server);
    const disconnect = (port: number) => this.#sockets.destroy(port);
    const core = this.#core;
    server.addService(featuresService.ServerFeaturesService, {
      getSupportedMethods: supportedMethods(core, this.#options.version ?? '23.10.6'),
    });
    server.addService(
      {
        ...streamsService.StreamsService,
        read: { ...streamsService.StreamsService.read, responseSerialize: (message: Encoded) => message },
      },
      {
        read: read(core, disconnect),
        append: append(core, disconnect),
        batchAppend: batchAppend(core, disconnect),
        delete: deleteStream(core),
        tombstone: tombstoneStream(core),
      },
    );
    const self = () => [{ host: '127.0.0.1', port: this.port, state: 'leader', isAlive: true }] as const;
    server.addService(gossipService.GossipService, { read: readGossip(() => this.#members ?? self()) });
    const connections = server.createConnectionInjector(ServerCredentials.createInsecure());
    core.goAway = (graceMs = goAwayGraceMs) => connections.drain(graceMs);
    this.#server = server;
    await this.#sockets.listen((socket) => connections.injectConnection(socket));
  }
}

/**
 * Node ends a session whose client cancels many calls, against attackers; the observed server did not. grpc-js has no option for it, but
 * hands these to Node.
 */
function allowResets(server: Server): void {
  const { commonServerOptions } = server as unknown as { commonServerOptions: ServerOptions };
  Object.assign(commonServerOptions, { streamResetBurst: Number.MAX_SAFE_INTEGER, streamResetRate: Number.MAX_SAFE_INTEGER });
}
