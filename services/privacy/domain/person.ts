import type { Aggregate, Placed } from '../../commands/domain/aggregate.ts';
import { type ConsentRecorded, type ErasureOrdered, type PersonEvent, personEvents } from './person.events.ts';

/** A version of the personal data that the vault holds under the id of its event. */
export interface Version {
  readonly event: string;
  readonly revision: bigint;
}

export interface KnownPerson {
  readonly status: 'known';
  /** Oldest first; the last one is in force. Without those that were erased. */
  readonly versions: readonly Version[];
  /** By purpose, the last word. */
  readonly consents: ReadonlyMap<string, ConsentRecorded>;
}

export interface ErasedPerson {
  readonly status: 'erased';
  readonly order: ErasureOrdered;
  /** Of the order. */
  readonly revision: bigint;
  readonly consents: ReadonlyMap<string, ConsentRecorded>;
}

export type Person = { readonly status: 'none' } | KnownPerson | ErasedPerson;

export const person: Aggregate<Person, PersonEvent> = { initial: { status: 'none' }, evolve, events: personEvents };

const nobodyYet: KnownPerson = { status: 'known', versions: [], consents: new Map() };

function evolve(state: Person, { event, id, revision }: Placed<PersonEvent>): Person {
  if (state.status === 'erased') return state; // Nothing follows an erasure; `evolve` takes it all the same.
  const known = state.status === 'none' ? nobodyYet : state;
  switch (event.type) {
    case 'PersonalDataRecorded/1':
      return { ...known, versions: [...known.versions, { event: id, revision }] };
    case 'ConsentRecorded/1':
      return { ...known, consents: new Map(known.consents).set(event.data.purpose, event.data) };
    case 'ErasureOrdered/1':
      return { status: 'erased', order: event.data, revision, consents: known.consents };
    case 'SupersededErasureOrdered/1':
      return { ...known, versions: known.versions.filter((version) => !event.data.events.includes(version.event)) };
  }
}
