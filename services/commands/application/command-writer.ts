import type { EventStore, ProposedEvent } from '../../event-store/domain/event-store.ts';
import { assertBalanced, type Posting } from '../../money/posting.ts';
import type { DomainEvent } from '../domain/aggregate.ts';
import type { Rejection } from '../domain/decision.ts';
import type { AnsweredEvent, Outcome } from './answer.ts';
import { appendWithRetry } from './append-with-retry.ts';
import type { Execution } from './execution.ts';
import { keyReused } from './execution-rejections.ts';
import { keptPersonalData } from './kept-personal-data.ts';
import type { LiveAggregate } from './live-aggregate.ts';
import type { AggregateCache } from './aggregate-cache.ts';
import type { ReceiptIssuer } from './receipts.ts';
import { sealedEvents } from './sealed-events.ts';
import type { StoredAnswers } from './stored-answers.ts';

export interface CommandWriterOptions {
  readonly store: EventStore;
  readonly receipts: ReceiptIssuer;
  readonly aggregates: AggregateCache;
  readonly answers: StoredAnswers;
}

/** What was decided, over which state, and when. */
export interface Decided<State, Event extends DomainEvent> {
  readonly live: LiveAggregate<State>;
  readonly events: readonly Event[];
  readonly now: string;
  /** Of the log that is written to. */
  readonly origin: string;
}

/** Appends the events that a command decided on and promises them to the caller. */
export class CommandWriter {
  readonly #options: CommandWriterOptions;

  constructor(options: CommandWriterOptions) {
    this.#options = options;
  }

  /** Durable when it answers. Throws `ConflictFault` where another process has gone on with the stream: decide again. */
  async write<State, Event extends DomainEvent, Rejected extends Rejection>(
    execution: Execution<State, Event, Rejected>,
    { live, events, now, origin }: Decided<State, Event>,
  ): Promise<Outcome<Rejected>> {
    const { store, receipts, aggregates, answers } = this.#options;
    const { aggregate, stream, envelope } = execution;
    for (const { data } of events) assertPostingsBalance(data);
    const personal = await keptPersonalData(execution, events);
    if (personal === 'other_data') return keyReused(envelope); // Another body came with this key, and is written or may still be.
    const firstRevision = live.revision + 1n;
    const { proposed, lastLeaf } = sealedEvents({ origin, live, stream, envelope, events, personal, now });
    const answered = events.map(({ type, data }, index): AnsweredEvent => ({
      id: (proposed[index] as ProposedEvent).id,
      type,
      revision: firstRevision + BigInt(index),
      data,
    }));
    // Before the append: an event that its own aggregate cannot take is never written, or the account could not be read any more.
    const state = events.reduce((folded, event, index) => {
      const { id, revision } = answered[index] as AnsweredEvent;
      return aggregate.evolve(folded, { event, id, revision });
    }, live.state);
    const expected = live.revision < 0n ? 'no_stream' : live.revision;
    const { revision, position, isOurs } = await appendWithRetry(store, { stream, expected, events: proposed }, envelope.deadline);
    if (!isOurs) {
      // Answer from what is stored, never from our bytes.
      aggregates.forget(stream);
      return answers.answer(execution, { firstRevision, lastRevision: revision });
    }
    // All or nothing: a snapshot may be taken of it at any moment.
    for (const event of answered) live.commands.note(envelope.commandId, envelope.fingerprint, event.revision, position);
    Object.assign(live, { state, revision, lastLeaf, lastPosition: position });
    aggregates.offerSnapshot(execution, live);
    const last = answered.at(-1) as AnsweredEvent;
    const receipt = await receipts.issue({
      ...{ provider: envelope.provider, origin },
      id: last.id,
      stream,
      revision: last.revision,
      leaf: lastLeaf,
      at: now,
    });
    return { kind: 'accepted', answer: { stream, revision, position, events: answered, receipt, replayed: false } };
  }
}

/** Every event that moves money holds a balanced set of postings (DESIGN 4.2); one that does not is a defect and is not written. */
function assertPostingsBalance(data: object): void {
  if ('postings' in data) assertBalanced(data.postings as readonly Posting[]);
}
