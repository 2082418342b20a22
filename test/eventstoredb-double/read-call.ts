import type { ServerWritableStream } from '@grpc/grpc-js';
import type { DoubleCore } from './double-core.ts';
import type { ReadFault } from './faults.ts';
import type { streams } from './generated.ts';
import { disconnectCall, resetCall } from './http2-call.ts';
import type { Encoded } from './messages.ts';
import type { CallFailure } from './statuses.ts';

type BreakingFault = Extract<ReadFault, { afterEvents: number }>;

const internalError = 2;

/** The outgoing side of a read: waits where the client does not take more, stands still while the server is frozen. */
export class ReadCall {
  readonly request: streams.ReadReq;
  readonly #call: ServerWritableStream<streams.ReadReq, Encoded>;
  readonly #core: DoubleCore;
  readonly #disconnect: (port: number) => void;
  readonly #fault: BreakingFault | undefined;
  #events = 0;
  #over = false;

  constructor(
    call: ServerWritableStream<streams.ReadReq, Encoded>,
    { core, disconnect, fault }: { core: DoubleCore; disconnect: (port: number) => void; fault: BreakingFault | undefined },
  ) {
    this.request = call.request;
    this.#call = call;
    this.#core = core;
    this.#disconnect = disconnect;
    this.#fault = fault;
    call.on('cancelled', () => (this.#over = true));
    call.on('close', () => (this.#over = true));
  }

  /** The client has gone, or the call has ended: nothing more can be sent. */
  get over(): boolean {
    return this.#over;
  }

  /** Something waits for the client, so that the next message would wait as well. */
  get congested(): boolean {
    return this.#call.writableNeedDrain || this.#core.gate.closed;
  }

  write(message: Encoded): void {
    if (!this.#over) this.#call.write(message);
  }

  writeEvent(message: Encoded): void {
    if (this.#fault !== undefined && this.#events++ >= this.#fault.afterEvents) this.#break(this.#fault);
    this.write(message);
  }

  /** Resolves when the next message can go out, or the call is over. */
  async settled(): Promise<void> {
    if (this.#core.gate.closed) await new Promise<void>((resolve) => this.#core.gate.pass(resolve));
    if (this.#over || !this.#call.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const settle = () => {
        this.#call.off('drain', settle).off('close', settle);
        resolve();
      };
      this.#call.on('drain', settle).on('close', settle);
    });
  }

  end(): void {
    if (!this.#over) this.#call.end();
    this.#over = true;
  }

  /** Ends the call with a failure, behind everything that was written. */
  fail(failure: CallFailure): void {
    if (!this.#over) this.#call.emit('error', failure);
    this.#over = true;
  }

  whenOver(act: () => void): void {
    this.#call.once('cancelled', act);
    this.#call.once('close', act);
  }

  #break({ fault }: BreakingFault): void {
    if (fault === 'reset') resetCall(this.#call, internalError);
    if (fault === 'disconnect') disconnectCall(this.#call, this.#disconnect);
    this.#over = true;
  }
}
