import { accountStream } from '../../accounts/application/account-command.ts';
import type { Clock } from '../../commands/application/clock.ts';
import type { StoredEvent } from '../../event-store/domain/event-store.ts';
import { ledgerEventOf } from '../../event-store/domain/ledger-event.ts';
import { streamName } from '../../event-store/domain/stream-name.ts';
import type { PersonalDataQuery } from './personal-data-query.ts';
import { type Persons, personStream, subjectOf } from './persons.ts';
import type { OpenedData, Vault } from './vault.ts';

/** What opens a commitment to personal data, in the form in which the verifier takes it (docs/reference/log-format.md). */
export interface PersonalOpening {
  readonly event: string;
  readonly subject: string;
  /** Hex. */
  readonly salt: string;
  /** Base64 of the canonical text. */
  readonly data: string;
}

function openingOf(event: string, subject: string, { salt, text }: OpenedData): PersonalOpening {
  return { event, subject, salt, data: Buffer.from(text).toString('base64') };
}

/** Puts together all that is held of the person behind an account. */
export class PersonalExport {
  readonly #persons: Persons;
  readonly #query: PersonalDataQuery;
  readonly #vault: Vault;
  readonly #clock: Clock;

  constructor(parts: { readonly persons: Persons; readonly query: PersonalDataQuery; readonly vault: Vault; readonly clock: Clock }) {
    this.#persons = parts.persons;
    this.#query = parts.query;
    this.#vault = parts.vault;
    this.#clock = parts.clock;
  }

  /** One JSON document in pieces, since an account may have any number of events; undefined for an account that the provider does not have. */
  async document(provider: string, account: string): Promise<AsyncGenerator<string> | undefined> {
    const view = await this.#query.find(provider, account);
    if (view === undefined) return undefined;
    const { subject, consents, ...person } = view;
    const { status, data } = 'data' in person ? person : { status: person.status, data: undefined };
    const head = {
      format: 'tallyroot-personal-export/1',
      provider,
      account,
      subject,
      exportedAt: this.#clock.now(),
      status,
      data,
      consents,
    };
    return this.#pieces(head, { provider, account, subject });
  }

  async *#pieces(head: object, whose: { readonly provider: string; readonly account: string; readonly subject: string }) {
    const { provider, account, subject } = whose;
    yield `${JSON.stringify(head).slice(0, -1)},"openings":[`;
    yield* separated(this.openings(provider, subject));
    yield '],"events":[';
    yield* separated(this.#events(provider, account));
    yield ']}\n';
  }

  /** Every version that is still there, with what opens its commitment in the log. */
  async *openings(provider: string, subject: string): AsyncGenerator<PersonalOpening> {
    for await (const { id, type } of this.#persons.events(provider, subject)) {
      const opened = type === 'PersonalDataRecorded/1' ? await this.#vault.open({ provider, subject }, id) : undefined;
      if (opened !== undefined) yield openingOf(id, subject, opened);
    }
  }

  /** The events of the person, of the account and of its invoices. */
  async *#events(provider: string, account: string): AsyncGenerator<object> {
    const invoices: string[] = [];
    for (const stream of [personStream(provider, subjectOf(account)), accountStream(provider, account)]) {
      for await (const stored of this.#persons.stream(stream)) {
        const shown = shownOf(stored);
        if (shown?.type === 'ChargesClosed/1') invoices.push((shown.data as { readonly invoice: string }).invoice);
        if (shown !== undefined) yield shown;
      }
    }
    for (const id of invoices) {
      for await (const stored of this.#persons.stream(streamName({ slug: provider, kind: 'invoice', id }))) {
        const shown = shownOf(stored);
        if (shown !== undefined) yield shown;
      }
    }
  }
}

function shownOf(stored: StoredEvent) {
  const event = ledgerEventOf(stored);
  if (event === undefined) return undefined; // Something wrote it behind the ledger: nobody can say that it is the person's.
  const { id, stream, revision, type, at, fin } = event;
  return { id, stream, revision: revision.toString(), type, at, data: fin };
}

async function* separated(values: AsyncIterable<object>): AsyncGenerator<string> {
  let separator = '';
  for await (const value of values) {
    yield separator + JSON.stringify(value);
    separator = ',';
  }
}
