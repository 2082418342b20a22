import { expect } from '@jest/globals';
import type { Aggregate, DomainEvent } from '../../services/commands/domain/aggregate.ts';
import type { Decision, Rejection } from '../../services/commands/domain/decision.ts';

/** A scenario of one aggregate: these events stand, this is decided, this must come out. */
export interface Scenario<State, Event extends DomainEvent> {
  when<Rejected extends Rejection>(decide: (state: State) => Decision<Event, Rejected>): Then<Event, Rejected>;
  readonly state: State;
}

export interface Then<Event extends DomainEvent, Rejected extends Rejection> {
  /** Exactly these event types, in this order; answers the events for a closer look. */
  thenAccepts(...types: Event['type'][]): readonly Event[];
  thenRejects(rejection: Rejected): void;
  thenRepeats(revision: bigint): void;
}

export function given<State, Event extends DomainEvent>(
  aggregate: Aggregate<State, Event>,
  events: readonly Event[],
): Scenario<State, Event> {
  const state = events.reduce(
    (folded, event, index) => aggregate.evolve(folded, { event, id: eventId(index), revision: BigInt(index) }),
    aggregate.initial,
  );
  return { state, when: (decide) => then(decide(state)) };
}

/** The id of the event at a revision of a scenario. */
export function eventId(revision: number): string {
  return `00000000-0000-5000-8000-${revision.toString().padStart(12, '0')}`;
}

function then<Event extends DomainEvent, Rejected extends Rejection>(decision: Decision<Event, Rejected>): Then<Event, Rejected> {
  return {
    thenAccepts: (...types) => {
      if (decision.kind !== 'accepted') throw new Error(`Not accepted: ${JSON.stringify(decision, bigintText)}`);
      expect(decision.events.map(({ type }) => type)).toEqual(types);
      return decision.events;
    },
    thenRejects: (rejection) => expect(decision).toEqual({ kind: 'rejected', rejection }),
    thenRepeats: (revision) => expect(decision).toEqual({ kind: 'repeated', revision }),
  };
}

function bigintText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
