import type { ConsentRecorded, ErasureReason } from '../domain/person.events.ts';
import type { PersonalData } from '../domain/personal-data.ts';
import { Persons, subjectOf } from './persons.ts';
import type { Vault } from './vault.ts';

/** What is held of the person behind an account. */
export type PersonView = {
  readonly account: string;
  readonly subject: string;
  /** The last word on each purpose. */
  readonly consents: readonly ConsentRecorded[];
} & (
  | { readonly status: 'none' }
  | { readonly status: 'held'; readonly data: PersonalData; readonly event: string; readonly revision: bigint }
  | { readonly status: 'erased'; readonly reason: ErasureReason | undefined }
);

/** Reads personal data back. */
export class PersonalDataQuery {
  readonly #persons: Persons;
  readonly #vault: Vault;

  constructor(persons: Persons, vault: Vault) {
    this.#persons = persons;
    this.#vault = vault;
  }

  /** Undefined for an account that this provider does not have. */
  async find(provider: string, account: string): Promise<PersonView | undefined> {
    if (!(await this.#persons.hasAccount(provider, account))) return undefined;
    const subject = subjectOf(account);
    const state = await this.#persons.find(provider, subject);
    if (state.status === 'none') return { account, subject, consents: [], status: 'none' };
    const view = { account, subject, consents: [...state.consents.values()] };
    if (state.status === 'erased') return { ...view, status: 'erased', reason: state.order.reason };
    const version = state.versions.at(-1);
    if (version === undefined) return { ...view, status: 'none' };
    const opened = await this.#vault.open({ provider, subject }, version.event);
    // The order came between the two reads, or the log was set back behind it: what is gone is gone.
    if (opened === undefined) return { ...view, status: 'erased', reason: undefined };
    return { ...view, status: 'held', data: JSON.parse(opened.text) as PersonalData, ...version };
  }
}
