import type { EventStore } from '../../event-store/domain/event-store.ts';
import { ConflictFault } from '../../event-store/domain/faults.ts';
import type { Aggregate, DomainEvent } from '../domain/aggregate.ts';
import type { Rejection } from '../domain/decision.ts';
import type { Outcome } from './answer.ts';
import type { Clock } from './clock.ts';
import type { CommandLookup } from './command-lookup.ts';
import { CommandWriter } from './command-writer.ts';
import { earlierCommand } from './earlier-command.ts';
import type { Execution } from './execution.ts';
import { keyReused, revisionMismatch } from './execution-rejections.ts';
import { jitteredDelay } from './jittered-delay.ts';
import { KeyedMutex } from './keyed-mutex.ts';
import { AggregateCache } from './aggregate-cache.ts';
import type { LogGuard } from './log-guard.ts';
import type { LogOrigins, ReceiptIssuer } from './receipts.ts';
import type { Snapshots } from './snapshots.ts';
import { StoredAnswers } from './stored-answers.ts';

export interface CommandExecutorOptions {
  readonly store: EventStore;
  readonly receipts: ReceiptIssuer;
  readonly origins: LogOrigins;
  readonly commands: CommandLookup;
  readonly clock: Clock;
  /** Asked before anything is decided: a decision over an older state would be wrong, even where it refuses. Absent: every log goes on. */
  readonly guard?: LogGuard;
  /** Absent: every aggregate is folded from its first event. */
  readonly snapshots?: Snapshots | undefined;
  /** How many aggregates are kept in memory. */
  readonly cacheSizeMax?: number;
}

/**
 * Loads, decides, appends at the expected revision and answers with a receipt (DESIGN 4.1).
 *
 * Durable when it answers. A repeat (same provider, principal and key) answers from the stored events and writes nothing; another
 * body under the same key is refused. A conflict is decided again, an unknown outcome is sent again unchanged, both until the
 * command's deadline; then the fault is thrown and the caller repeats with the same key.
 */
export class CommandExecutor {
  readonly #options: CommandExecutorOptions;
  readonly #mutex = new KeyedMutex();
  readonly #aggregates: AggregateCache;
  readonly #answers: StoredAnswers;
  readonly #writer: CommandWriter;

  constructor(options: CommandExecutorOptions) {
    this.#options = options;
    this.#aggregates = new AggregateCache(options);
    this.#answers = new StoredAnswers(options);
    const { store, receipts } = options;
    this.#writer = new CommandWriter({ store, receipts, aggregates: this.#aggregates, answers: this.#answers });
  }

  async execute<State, Event extends DomainEvent, Rejected extends Rejection>(
    execution: Execution<State, Event, Rejected>,
  ): Promise<Outcome<Rejected>> {
    const { provider } = execution.envelope;
    const admission = this.#options.guard?.admit(provider);
    if (admission !== undefined) await admission;
    const origin = await this.#options.origins.originOf(provider);
    return this.#mutex.run(execution.stream, () => this.#untilDeadline(execution, origin));
  }

  /** The state of an aggregate as of now: for a process that must know what its command found. */
  async current<State, Event extends DomainEvent>(aggregate: Aggregate<State, Event>, stream: string, provider: string): Promise<State> {
    const place = { aggregate, stream, provider };
    return this.#mutex.run(stream, async () => {
      const { live, isRemembered } = await this.#aggregates.find(place);
      if (isRemembered) await this.#aggregates.catchUp(place, live);
      return live.state;
    });
  }

  async #untilDeadline<State, Event extends DomainEvent, Rejected extends Rejection>(
    execution: Execution<State, Event, Rejected>,
    origin: string,
  ): Promise<Outcome<Rejected>> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(execution, origin);
      } catch (error) {
        this.#aggregates.forget(execution.stream);
        if (!(error instanceof ConflictFault) || performance.now() >= execution.envelope.deadline) throw error;
        await jitteredDelay(attempt);
      }
    }
  }

  async #attempt<State, Event extends DomainEvent, Rejected extends Rejection>(
    execution: Execution<State, Event, Rejected>,
    origin: string,
  ): Promise<Outcome<Rejected>> {
    const { aggregate, stream, envelope } = execution;
    const place = { aggregate, stream, provider: envelope.provider };
    const { live, isRemembered } = await this.#aggregates.find(place);
    const earlier = await earlierCommand(this.#options.commands, live, execution);
    if (earlier?.kind === 'reused') return keyReused(envelope);
    if (earlier !== undefined) return this.#answers.answer(execution, earlier);
    const mismatch = revisionMismatch(live, envelope);
    const now = this.#options.clock.now();
    const decision = execution.decide(live.state, now);
    // An append finds out by itself that another process has gone on; whatever else is answered has to be held to the store first.
    const isHeldByAppend = decision.kind === 'accepted' && mismatch === undefined;
    if (isRemembered && !isHeldByAppend && (await this.#aggregates.catchUp(place, live))) return this.#attempt(execution, origin);
    if (mismatch !== undefined && live.revision >= 0n) return mismatch;
    if (decision.kind === 'rejected') return decision;
    // What does not exist is first of all not found; only a command that would create it is at another revision than the one named.
    if (mismatch !== undefined) return mismatch;
    if (decision.kind === 'repeated') {
      return this.#answers.answer(execution, { firstRevision: decision.revision, lastRevision: decision.revision });
    }
    return this.#writer.write(execution, { live, events: decision.events, now, origin });
  }
}
