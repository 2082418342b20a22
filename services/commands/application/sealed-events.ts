import type { ProposedEvent } from '../../event-store/domain/event-store.ts';
import { sealEvent } from '../../integrity/domain/leaf.ts';
import { type DomainEvent, payloadOf } from '../domain/aggregate.ts';
import { eventIdOf } from './command-id.ts';
import type { Envelope } from './envelope.ts';
import type { PersonalCommitments } from './execution.ts';
import type { LiveAggregate } from './live-aggregate.ts';
import { randomSalt } from './random-salt.ts';

export interface EventsToSeal {
  readonly origin: string;
  readonly live: LiveAggregate<unknown>;
  readonly stream: string;
  readonly envelope: Envelope;
  readonly events: readonly DomainEvent[];
  readonly personal: readonly (PersonalCommitments | undefined)[];
  readonly now: string;
}

/** The events of one command as they go into the log: each names the leaf before it, the first the last one of the stream. */
export function sealedEvents({ origin, live, stream, envelope, events, personal, now }: EventsToSeal): {
  readonly proposed: readonly ProposedEvent[];
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
