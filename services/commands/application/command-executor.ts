import { LRUCache } from 'lru-cache';
import type { Appended, EventStore, ProposedEvent, StoredEvent } from '../../event-store/domain/event-store.ts';
import { ConflictFault, UnknownOutcomeFault } from '../../event-store/domain/faults.ts';
import { ledgerEventOf } from '../../event-store/domain/ledger-event.ts';
import { leafOf, sealEvent } from '../../integrity/domain/leaf.ts';
import { assertBalanced, type Posting } from '../../money/posting.ts';
import { randomSalt } from './random-salt.ts';
import { type Aggregate, type DomainEvent, payloadOf } from '../domain/aggregate.ts';
import { eventIdOf } from './command-id.ts';
import type { Decision, Rejection } from '../domain/decision.ts';
import type { CommandAnswer, ExecutionRejection, Outcome } from './answer.ts';
import type { Clock } from './clock.ts';
import type { CommandLookup } from './command-lookup.ts';
import type { Envelope } from './envelope.ts';
import type { LogGuard } from './log-guard.ts';
import { KeyedMutex } from './keyed-mutex.ts';
import { type AggregateSource, catchUp, type LiveAggregate, loadAggregate } from './live-aggregate.ts';
import type { LogOrigins, ReceiptIssuer } from './receipts.ts';
import type { Snapshots } from './snapshots.ts';

/** One command on one aggregate. `decide` is pure: the command and its context are closed over. */
export interface Execution<State, Event extends DomainEvent, Rejected extends Rejection> {
  readonly aggregate: Aggregate<State, Event>;
  readonly stream: string;
  readonly envelope: Envelope;
  /** `now` is the time of the decision; it becomes the events' `at`. */
  readonly decide: (state: State, now: string) => Decision<Event, Rejected>;
  /**
   * For events with personal data: keeps the data durably under the event's id and answers the commitments that go into the log instead.
   * Called before each append and so again for the same id; it keeps what was kept first, and answers `other_data` when that is not the same.
   */
  readonly keepPersonalData?: (event: Event, id: string) => Promise<PersonalCommitments | 'other_data' | undefined>;
}

/** By subject, 64 hex each. */
export type PersonalCommitments = Readonly<Record<string, string>>;

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

const cacheSizeMaxDefault = 50_000;
const retryDelayMsMax = 250;

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
  readonly #cache: LRUCache<string, LiveAggregate<unknown>>;

  constructor(options: CommandExecutorOptions) {
    this.#options = options;
    this.#cache = new LRUCache({ max: options.cacheSizeMax ?? cacheSizeMaxDefault });
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
    return this.#mutex.run(stream, async () => {
      const { live, isRemembered } = await this.#live(aggregate, stream, provider);
      if (isRemembered) await this.#catchUp(aggregate, stream, provider, live);
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
        this.#cache.delete(execution.stream);
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
    const { live, isRemembered } = await this.#live(aggregate, stream, envelope.provider);
    const earlier = await this.#earlier(live, stream, envelope);
    if (earlier !== undefined) {
      if (earlier.kind === 'reused') return reused(envelope);
      return this.#replay(execution, earlier.firstRevision, earlier.lastRevision);
    }
    const mismatch = mismatchOf(live, envelope);
    const now = this.#options.clock.now();
    const decision = execution.decide(live.state, now);
    // An append finds out by itself that another process has gone on; whatever else is answered has to be held to the store first.
    const isHeldByAppend = decision.kind === 'accepted' && mismatch === undefined;
    if (isRemembered && !isHeldByAppend && (await this.#catchUp(aggregate, stream, envelope.provider, live)))
      return this.#attempt(execution, origin);
    if (mismatch !== undefined && live.revision >= 0n) return rejected(mismatch);
    if (decision.kind === 'rejected') return decision;
    // What does not exist is first of all not found; only a command that would create it is at another revision than the one named.
    if (mismatch !== undefined) return rejected(mismatch);
    if (decision.kind === 'repeated') return this.#replay(execution, decision.revision, decision.revision);
    return this.#write(execution, origin, live, decision.events, now);
  }

  async #live<State, Event extends DomainEvent>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    provider: string,
  ): Promise<{ readonly live: LiveAggregate<State>; readonly isRemembered: boolean }> {
    const cached = this.#cache.get(stream);
    // A stream belongs to one aggregate for ever, so what is cached under its name has that aggregate's state.
    if (cached !== undefined) return { live: cached as LiveAggregate<State>, isRemembered: true };
    const live = await loadAggregate(this.#sourceOf(aggregate, stream, provider));
    this.#cache.set(stream, live);
    this.#offerSnapshot(aggregate, stream, live);
    return { live, isRemembered: false };
  }

  async #catchUp<State, Event extends DomainEvent>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    provider: string,
    live: LiveAggregate<State>,
  ): Promise<boolean> {
    try {
      return await catchUp(this.#sourceOf(aggregate, stream, provider), live);
    } catch (error) {
      this.#cache.delete(stream); // It may stand half way.
      throw error;
    }
  }

  #sourceOf<State, Event extends DomainEvent>(
    aggregate: Aggregate<State, Event>,
    stream: string,
    provider: string,
  ): AggregateSource<State, Event> {
    const { store, snapshots, origins } = this.#options;
    return { store, snapshots, aggregate, stream, originAt: (position) => origins.originOf(provider, position) };
  }

  #offerSnapshot({ version }: Pick<Aggregate<unknown, never>, 'version'>, stream: string, live: LiveAggregate<unknown>): void {
    if (version !== undefined) this.#options.snapshots?.offer({ stream, version }, live);
  }

  async #earlier(
    live: LiveAggregate<unknown>,
    stream: string,
    envelope: Envelope,
  ): Promise<
    { readonly kind: 'repeat'; readonly firstRevision: bigint; readonly lastRevision: bigint } | { readonly kind: 'reused' } | undefined
  > {
    const remembered = live.commands.get(envelope.commandId);
    if (remembered !== undefined) {
      return remembered.fingerprint === envelope.fingerprint ? { kind: 'repeat', ...remembered } : { kind: 'reused' };
    }
    const logged = await this.#options.commands.find(envelope.commandId, {
      ...(live.commands.hasForgotten && { after: live.commands.oldestPosition() }),
      deadline: envelope.deadline,
    });
    if (logged === undefined) return undefined;
    if (logged.stream !== stream || logged.fingerprint !== envelope.fingerprint) return { kind: 'reused' };
    return { kind: 'repeat', firstRevision: logged.firstRevision, lastRevision: logged.revision };
  }

  async #write<State, Event extends DomainEvent, Rejected extends Rejection>(
    execution: Execution<State, Event, Rejected>,
    origin: string,
    live: LiveAggregate<State>,
    events: readonly Event[],
    now: string,
  ): Promise<Outcome<Rejected>> {
    const { aggregate, stream, envelope } = execution;
    const firstRevision = live.revision + 1n;
    for (const { data } of events) assertPostingsBalance(data);
    const personal = await keptPersonalData(execution, events);
    if (personal === 'other_data') return reused(envelope); // Another body came with this key, and is written or may still be.
    const { proposed, lastLeaf } = seal({ origin, live, stream, envelope, events, personal, now });
    const answered = events.map((event, index) => ({
      id: (proposed[index] as ProposedEvent).id,
      type: event.type,
      revision: firstRevision + BigInt(index),
      data: event.data,
    }));
    // Before the append: an event that its own aggregate cannot take is never written, or the account could not be read any more.
    const state = events.reduce((folded, event, index) => {
      const { id, revision } = answered[index] as (typeof answered)[number];
      return aggregate.evolve(folded, { event, id, revision });
    }, live.state);
    const appended = await this.#append(execution, live.revision, proposed);
    if (appended.fresh !== true && !(await this.#isStored(stream, firstRevision, proposed))) {
      // Another process has written these ids with its own time and salts: answer from what is stored, never from our bytes.
      this.#cache.delete(stream);
      return this.#replay(execution, firstRevision, appended.revision);
    }
    // All or nothing: a snapshot may be taken of it at any moment.
    for (const { revision } of answered) live.commands.note(envelope.commandId, envelope.fingerprint, revision, appended.position);
    Object.assign(live, { state, revision: appended.revision, lastLeaf, lastPosition: appended.position });
    this.#offerSnapshot(aggregate, stream, live);
    const last = answered.at(-1) as (typeof answered)[number];
    const receipt = await this.#options.receipts.issue({
      ...{ provider: envelope.provider, origin },
      id: last.id,
      stream,
      revision: last.revision,
      leaf: lastLeaf,
      at: now,
    });
    const { revision, position } = appended;
    return { kind: 'accepted', answer: { stream, revision, position, events: answered, receipt, replayed: false } };
  }

  /** The same ids at the same expectation until the store gives a final answer: the store recognises what it has (promises 8-10). */
  async #append<State, Event extends DomainEvent, Rejected extends Rejection>(
    { stream, envelope }: Execution<State, Event, Rejected>,
    revision: bigint,
    events: readonly ProposedEvent[],
  ): Promise<Appended> {
    const expected = revision < 0n ? 'no_stream' : revision;
    let fresh = true;
    for (let attempt = 1; ; attempt++) {
      try {
        const appended = await this.#options.store.append({ stream, expected, events });
        return fresh ? appended : { ...appended, fresh: 'unknown' };
      } catch (error) {
        if (!(error instanceof UnknownOutcomeFault) || performance.now() >= envelope.deadline) throw error;
        fresh = false;
        await jitteredDelay(attempt);
      }
    }
  }

  /** Whether the very texts of ours are what is stored: nobody else has our salts. */
  async #isStored(stream: string, firstRevision: bigint, proposed: readonly ProposedEvent[]): Promise<boolean> {
    const ours = proposed.values();
    for await (const stored of this.#options.store.readStream(stream, { fromRevision: firstRevision, maxCount: proposed.length })) {
      const { value } = ours.next();
      if (stored.id !== value?.id || stored.type !== value.type) return false;
      if (stored.data !== value.data || stored.metadata !== value.metadata) return false;
    }
    return ours.next().done === true;
  }

  /** Rebuilds the answer of a command from its stored events. Nothing is kept beside them. */
  async #replay<State, Event extends DomainEvent, Rejected extends Rejection>(
    { stream, envelope }: Execution<State, Event, Rejected>,
    firstRevision: bigint,
    lastRevision: bigint,
  ): Promise<Outcome<Rejected>> {
    const stored: StoredEvent[] = [];
    const maxCount = Number(lastRevision - firstRevision) + 1;
    for await (const event of this.#options.store.readStream(stream, { fromRevision: firstRevision, maxCount })) stored.push(event);
    const events = stored.map((event) => ({ event, decoded: ledgerEventOf(event) }));
    const last = events.at(-1);
    if (last?.decoded === undefined) throw new UnknownOutcomeFault(`The events of command ${envelope.commandId} cannot be read back.`);
    const { event, decoded } = last;
    if (decoded.body.command === envelope.commandId && decoded.body.fingerprint !== envelope.fingerprint) return reused(envelope);
    const origin = await this.#options.origins.originOf(envelope.provider, event.position);
    const receipt = await this.#options.receipts.issue({
      ...{ provider: envelope.provider, origin },
      id: event.id,
      stream,
      revision: event.revision,
      leaf: leafOf(origin, event).hash,
      at: decoded.at,
    });
    const answer: CommandAnswer = {
      stream,
      revision: event.revision,
      position: event.position,
      events: events.map(({ event: { id, type, revision }, decoded: read }) => ({ id, type, revision, data: read?.fin ?? {} })),
      receipt,
      replayed: true,
    };
    return { kind: 'accepted', answer };
  }
}

/** Every event that moves money holds a balanced set of postings (DESIGN 4.2); one that does not is a defect and is not written. */
function assertPostingsBalance(data: object): void {
  if ('postings' in data) assertBalanced(data.postings as readonly Posting[]);
}

/** In the order of the events; they are not in the log yet, so that a crash from here on leaves data that nothing refers to. */
async function keptPersonalData<State, Event extends DomainEvent, Rejected extends Rejection>(
  { stream, envelope, keepPersonalData }: Execution<State, Event, Rejected>,
  events: readonly Event[],
): Promise<readonly (PersonalCommitments | undefined)[] | 'other_data'> {
  if (keepPersonalData === undefined) return [];
  const kept: (PersonalCommitments | undefined)[] = [];
  for (const [index, event] of events.entries()) {
    const commitments = await keepPersonalData(event, eventIdOf(envelope.commandId, stream, index));
    if (commitments === 'other_data') return commitments;
    kept.push(commitments);
  }
  return kept;
}

interface Sealing {
  readonly origin: string;
  readonly live: LiveAggregate<unknown>;
  readonly stream: string;
  readonly envelope: Envelope;
  readonly events: readonly DomainEvent[];
  readonly personal: readonly (PersonalCommitments | undefined)[];
  readonly now: string;
}

function seal({ origin, live, stream, envelope, events, personal, now }: Sealing): {
  readonly proposed: ProposedEvent[];
  readonly lastLeaf: string;
} {
  const body = {
    actor: { id: envelope.actor.id, type: envelope.actor.type },
    command: envelope.commandId,
    correlation: envelope.correlationId,
    fingerprint: envelope.fingerprint,
    ...(envelope.causationId !== undefined && { causation: envelope.causationId }),
  };
  let previous = live.lastLeaf;
  const proposed = events.map((event, index): ProposedEvent => {
    const id = eventIdOf(envelope.commandId, stream, index);
    const { data, metadata, leaf } = sealEvent({
      origin,
      stream,
      revision: live.revision + 1n + BigInt(index),
      id,
      type: event.type,
      fin: payloadOf(event),
      pii: personal[index],
      body,
      at: now,
      previous,
      payloadSalt: randomSalt(),
      metadataSalt: randomSalt(),
    });
    previous = leaf.hash;
    return { id, type: event.type, data, metadata };
  });
  return { proposed, lastLeaf: previous };
}

function rejected(rejection: ExecutionRejection): { readonly kind: 'rejected'; readonly rejection: ExecutionRejection } {
  return { kind: 'rejected', rejection };
}

function mismatchOf({ revision }: LiveAggregate<unknown>, { expectedRevision }: Envelope): ExecutionRejection | undefined {
  if (expectedRevision === undefined || expectedRevision === revision) return undefined;
  return { code: 'revision_mismatch', expected: expectedRevision.toString(), actual: revision < 0n ? 'none' : revision.toString() };
}

function reused({ commandId }: Envelope): { readonly kind: 'rejected'; readonly rejection: ExecutionRejection } {
  return rejected({ code: 'idempotency_key_reused', commandId });
}

function jitteredDelay(attempt: number): Promise<void> {
  const delayMs = Math.min(retryDelayMsMax, 5 * 2 ** Math.min(attempt, 6)) * (0.5 + Math.random() / 2);
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
