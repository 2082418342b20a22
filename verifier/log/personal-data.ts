import { isObject, parseJson } from './canonical-json.ts';
import { decodeBase64 } from './payload-line.ts';
import { commitmentOf } from './stored-event.ts';

/** Personal data that somebody handed over with their salt: what opens one commitment. */
export interface PersonalOpening {
  /** Id of the event that holds the commitment. */
  readonly event: string;
  readonly subject: string;
  /** What the salt and the data commit to, 64 hex. */
  readonly commitment: string;
}

const hex64Pattern = /^[0-9a-f]{64}$/;

/**
 * Reads a file of openings, one a line: `{"event","subject","salt","data"}`, salt in hex and data in base64; a line may also be the export of
 * a person, which holds them in `openings`. Throws `RangeError`.
 */
export function parsePersonalOpenings(text: string): PersonalOpening[] {
  return text.split('\n').flatMap((line, index) => (line === '' ? [] : openingsIn(parseJson(line), index + 1)));
}

function openingsIn(fields: unknown, number: number): PersonalOpening[] {
  const openings = isObject(fields) ? fields['openings'] : undefined;
  return Array.isArray(openings) ? openings.map((opening) => openingIn(opening, number)) : [openingIn(fields, number)];
}

function openingIn(fields: unknown, number: number): PersonalOpening {
  const { event, subject, salt, data } = isObject(fields) ? fields : {};
  const bytes = typeof data === 'string' ? decodeBase64(data) : undefined;
  if (
    typeof event !== 'string' ||
    typeof subject !== 'string' ||
    typeof salt !== 'string' ||
    !hex64Pattern.test(salt) ||
    bytes === undefined
  )
    throw new RangeError(`line ${number} of the personal data cannot be read.`);
  return { event, subject, commitment: commitmentOf('ledger-pii/1', salt, bytes) };
}

/** The commitments of a payload by subject; undefined where there are none, `unreadable` where `pii` has not the form of the format. */
export function personalCommitmentsOf(
  payload: unknown,
): readonly (readonly [subject: string, commitment: string])[] | undefined | 'unreadable' {
  const pii = isObject(payload) ? payload['pii'] : undefined;
  if (pii === undefined) return undefined;
  if (!isObject(pii)) return 'unreadable';
  const commitments = Object.entries(pii);
  const areAll = commitments.every(
    ([subject, commitment]) => subject !== '' && typeof commitment === 'string' && hex64Pattern.test(commitment),
  );
  return areAll && commitments.length > 0 ? (commitments as [string, string][]) : 'unreadable';
}

/** What `PersonalDataErased/1` says. */
export interface Erasure {
  readonly subject: string;
  readonly reason: string;
  /** Ids of the events whose commitments cannot be opened any more; undefined for all of the subject. */
  readonly events: readonly string[] | undefined;
}

/** Undefined for a leaf that does not say whose data are gone, and why. */
export function erasureOf(fin: unknown): Erasure | undefined {
  const { subject, reason, events } = isObject(fin) ? fin : {};
  if (typeof subject !== 'string' || subject === '' || typeof reason !== 'string' || reason === '') return undefined;
  if (events !== undefined && !(Array.isArray(events) && events.every((event) => typeof event === 'string'))) return undefined;
  return { subject, reason, events: events as readonly string[] | undefined };
}
