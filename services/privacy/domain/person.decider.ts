import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import type { PersonalData } from './personal-data.ts';
import type { Person } from './person.ts';
import type { ConsentRecorded, ErasureOrdered, ErasureReason, PersonEvent } from './person.events.ts';

/* Rejections are listed in precedence order. That the account exists is known before: an account never goes away. */

export type PersonRejection =
  { readonly code: 'account_not_found' } | { readonly code: 'personal_data_not_found' } | { readonly code: 'personal_data_erased' };

type PersonDecision = Decision<PersonEvent, PersonRejection>;

/** Whose data: a person is the holder of one account. */
export interface Holder {
  readonly account: string;
  readonly subject: string;
}

/** The data themselves are no part of the decision: they go to the vault and never into an event. */
export function recordPersonalData(person: Person, { account, subject }: Holder, data: PersonalData): PersonDecision {
  if (person.status === 'erased') return reject({ code: 'personal_data_erased' });
  return accept({ type: 'PersonalDataRecorded/1', data: { account, subject, fields: Object.keys(data).sort() } });
}

export function recordConsent(person: Person, data: ConsentRecorded): PersonDecision {
  if (person.status === 'erased') return reject({ code: 'personal_data_erased' });
  return accept({ type: 'ConsentRecorded/1', data });
}

/** Who is erased is erased: a second order changes nothing, whatever its reason. */
export function orderErasure(person: Person, data: ErasureOrdered): PersonDecision {
  if (person.status === 'none') return reject({ code: 'personal_data_not_found' });
  if (person.status === 'erased') return repeated(person.revision);
  return accept({ type: 'ErasureOrdered/1', data });
}

/** Only versions that a later one has replaced, and that are still there. */
export function orderSupersededErasure(
  person: Person,
  { account, subject }: Holder,
  { reason, events }: { readonly reason: ErasureReason; readonly events: readonly string[] },
): PersonDecision {
  if (person.status === 'none') return reject({ code: 'personal_data_not_found' });
  if (person.status === 'erased') return reject({ code: 'personal_data_erased' });
  const superseded = person.versions.slice(0, -1).map(({ event }) => event);
  const there = events.filter((event) => superseded.includes(event));
  if (there.length === 0) return reject({ code: 'personal_data_not_found' });
  return accept({ type: 'SupersededErasureOrdered/1', data: { account, subject, reason, events: there } });
}
