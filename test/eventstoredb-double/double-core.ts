import type { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { type AppendFault, FaultScript, type FeatureFault, type Leader, type ReadFault } from './faults.ts';
import { Gate } from './gate.ts';
import type { LogFile } from './log-file.ts';
import type { WireAnswer, WireAppend } from './wire-event.ts';
import type { WireLog } from './wire-log.ts';

/** What becomes of an append: an answer of the log, or what keeps the log from being asked. */
export type AppendAnswer =
  | WireAnswer
  | { readonly outcome: 'timeout' | 'unknown' | 'access_denied' | 'not_ready' | 'busy' }
  | { readonly outcome: 'not_leader'; readonly leader: Leader | undefined };

/** How a call hands on what the core decides; each transport has its own forms for it. */
export interface AppendCall {
  answer(answer: AppendAnswer): void;
  halfClose(): void;
  reset(): void;
  disconnect(): void;
}

/** What all calls of the double share: the log, its durability, the faults, and whether the server takes calls at all. */
export class DoubleCore {
  readonly appendFaults = new FaultScript<AppendFault>();
  readonly readFaults = new FaultScript<ReadFault>();
  readonly featureFaults = new FaultScript<FeatureFault>();
  readonly gate = new Gate();
  /** Live readers lag by at most so many events before they are dropped. */
  liveBufferMax = 32;
  log: WireLog;
  /** Where the log is durable; without one an append is answered at once. */
  file: LogFile | undefined;
  /** In the start-up window calls are answered "Server Is Not Ready". */
  ready = true;
  goAway: (graceMs?: number) => void = () => undefined;
  /** Counts restarts, so that what a dead server had still to do is not done by the next. */
  generation = 0;
  /** Calls that stay open until somebody ends them: batch streams and subscriptions. */
  readonly openCalls = new Set<EventEmitter>();
  readonly #liveReaders = new Set<() => void>();

  constructor(log: WireLog) {
    this.log = log;
  }

  /** Appends, under whatever fault the script has for this call, and answers once the events are durable. */
  append(request: WireAppend, call: AppendCall): void {
    const { generation } = this;
    this.gate.pass(() => {
      if (!this.ready) return call.answer({ outcome: 'not_ready' });
      const fault = this.appendFaults.take(request.stream);
      if (fault === undefined) this.#write(request, (answer) => call.answer(answer));
      else this.#meet(fault, { request, call, generation });
    });
  }

  track(call: EventEmitter): void {
    this.openCalls.add(call);
    call.once('close', () => this.openCalls.delete(call));
  }

  /** A live reader of the log; answers what takes it off the list. */
  addLiveReader(drop: () => void): () => void {
    this.#liveReaders.add(drop);
    return () => this.#liveReaders.delete(drop);
  }

  /** Drops all live readers, as if they lagged. */
  dropLiveReaders(): number {
    const readers = [...this.#liveReaders];
    for (const drop of readers) drop();
    return readers.length;
  }

  #write(request: WireAppend, answer: (answer: AppendAnswer) => void): void {
    const result = this.log.append(request);
    const { file, generation } = this;
    if (file === undefined) return answer(result);
    void file.durable().then(() => {
      if (generation === this.generation) this.gate.pass(() => answer(result));
    });
  }

  #meet(fault: AppendFault, { request, call, generation }: { request: WireAppend; call: AppendCall; generation: number }): void {
    const alive = () => generation === this.generation;
    const later = (ms: number, act: () => void) => {
      void pause(ms, undefined, { ref: false }).then(() => {
        if (alive()) act();
      });
    };
    const writtenThen = (written: boolean, act: () => void) => (written ? this.#write(request, act) : act());
    switch (fault.fault) {
      case 'drop_reply':
        return writtenThen(fault.written, () => undefined);
      case 'delay_reply':
        return this.#write(request, (answer) => later(fault.ms, () => call.answer(answer)));
      case 'delay_write':
        return later(fault.ms, () => this.#write(request, (answer) => call.answer(answer)));
      case 'duplicate_reply':
        return this.#write(request, (answer) => {
          call.answer(answer);
          call.answer(answer);
        });
      case 'half_close':
        return writtenThen(fault.written, () => call.halfClose());
      case 'reset':
        return writtenThen(fault.written, () => call.reset());
      case 'disconnect':
        return writtenThen(fault.written, () => call.disconnect());
      case 'go_away':
        return writtenThen(fault.written, () => this.goAway());
      case 'timeout':
      case 'unknown':
        return writtenThen(fault.written, () => call.answer({ outcome: fault.fault }));
      case 'access_denied':
      case 'not_ready':
      case 'busy':
        return call.answer({ outcome: fault.fault });
      case 'not_leader':
        return call.answer({ outcome: 'not_leader', leader: fault.leader });
    }
  }
}
