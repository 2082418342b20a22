import { accountStream } from '../../accounts/application/account-command.ts';
import { stateFrom } from '../../commands/application/live-aggregate.ts';
import type { EventStore, StoredEvent } from '../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../event-store/domain/faults.ts';
import { ledgerEventOf } from '../../event-store/domain/ledger-event.ts';
import { streamName } from '../../event-store/domain/stream-name.ts';
import { type Person, person } from '../domain/person.ts';

/** The subject that an account's holder is, by the account's own id (docs/decisions/0080). */
export function subjectOf(account: string): string {
  return account.replace(/^acc_/, 'per_');
}

export function accountOf(subject: string): string {
  return subject.replace(/^per_/, 'acc_');
}

export function personStream(provider: string, subject: string): string {
  return streamName({ slug: provider, kind: 'person', id: subject });
}

/** Persons straight from their streams, which stay short: what another process has just written is seen. */
export class Persons {
  readonly #store: EventStore;

  constructor(store: EventStore) {
    this.#store = store;
  }

  async hasAccount(provider: string, account: string): Promise<boolean> {
    return (await this.#last(accountStream(provider, account))) !== undefined;
  }

  async find(provider: string, subject: string): Promise<Person> {
    return stateFrom(person, this.events(provider, subject));
  }

  /** In order; none for somebody of whom nothing was ever recorded. */
  async *events(provider: string, subject: string): AsyncGenerator<StoredEvent> {
    yield* this.stream(personStream(provider, subject));
  }

  /** The events of a stream; none where there is no such stream. */
  async *stream(name: string): AsyncGenerator<StoredEvent> {
    try {
      yield* this.#store.readStream(name);
    } catch (error) {
      if (!(error instanceof StreamNotFoundFault)) throw error;
    }
  }

  /** When something was decided about the account or its holder last; undefined where nothing ever was. */
  async lastActivity(provider: string, subject: string): Promise<string | undefined> {
    const streams = [accountStream(provider, accountOf(subject)), personStream(provider, subject)];
    const last = await Promise.all(streams.map((stream) => this.#last(stream)));
    return last
      .flatMap((event) => (event && ledgerEventOf(event)?.at) ?? [])
      .sort()
      .at(-1);
  }

  async #last(stream: string): Promise<StoredEvent | undefined> {
    try {
      for await (const event of this.#store.readStream(stream, { direction: 'backwards', maxCount: 1 })) return event;
    } catch (error) {
      if (!(error instanceof StreamNotFoundFault)) throw error;
    }
    return undefined;
  }
}
