import { canonicalTextOf } from '../log/canonical-json.ts';
import type { Entry } from '../log/entry.ts';
import { erasureOf, personalCommitmentsOf, type PersonalOpening } from '../log/personal-data.ts';
import type { Check } from './check.ts';

/** Commitments to personal data, by what became of them. */
export interface PersonalCounts {
  committed: number;
  /** What was handed over opens them. */
  opened: number;
  /** A later leaf says, with its reason, that nobody can open them any more. */
  erased: number;
  /** Neither: the data are not for us. */
  unopened: number;
}

export interface PersonalDataState {
  readonly unopened: ReadonlyMap<string, readonly string[]>;
  readonly erased: ReadonlyMap<string, number>;
  readonly counts: PersonalCounts;
}

/**
 * Part of V7: every commitment to personal data opens with what was handed over, or is erased by a leaf that says why, or is counted as
 * unopened. Data that do not fit were handed over by somebody and signed by nobody: they say nothing against the log, and are no proof of it.
 */
export class PersonalDataCheck {
  readonly #check: Check;
  readonly #openings: Map<string, PersonalOpening>;
  /** Events with unopened commitments, by subject. */
  readonly #unopened = new Map<string, string[]>();
  /** By subject the leaf that says that it is gone as a whole. */
  readonly #erased = new Map<string, number>();
  readonly counts: PersonalCounts = { committed: 0, opened: 0, erased: 0, unopened: 0 };

  constructor(check: Check, openings: readonly PersonalOpening[]) {
    this.#check = check;
    this.#openings = new Map(openings.map((opening) => [keyOf(opening.event, opening.subject), opening]));
  }

  /** Of a check that nothing was handed over to. */
  state(): PersonalDataState {
    return { unopened: this.#unopened, erased: this.#erased, counts: this.counts };
  }

  resume({ unopened, erased, counts }: PersonalDataState): void {
    for (const [subject, events] of unopened) this.#unopened.set(subject, [...events]);
    for (const [subject, index] of erased) this.#erased.set(subject, index);
    Object.assign(this.counts, counts);
  }

  /** Takes the payloads that could be opened, in order. */
  next(index: number, { id }: Entry, payload: unknown): void {
    const commitments = personalCommitmentsOf(payload);
    if (commitments === 'unreadable')
      this.#check.findings.add({ name: 'format', index, message: '`pii` is no map of subjects to commitments' });
    else for (const [subject, commitment] of commitments ?? []) this.#commitment(index, id, subject, commitment);
  }

  erasure(index: number, fin: unknown): void {
    const erasure = erasureOf(fin);
    if (erasure === undefined) {
      const message = `the erasure does not say whose data are gone, and why: ${canonicalTextOf(fin) ?? 'it cannot be read'}`;
      this.#check.findings.add({ name: 'format', index, message });
      return;
    }
    const { subject, events } = erasure;
    const before = this.#unopened.get(subject) ?? [];
    const left = events === undefined ? [] : before.filter((event) => !events.includes(event));
    this.#move(before.length - left.length);
    if (left.length === 0) this.#unopened.delete(subject);
    else this.#unopened.set(subject, left);
    if (events === undefined && !this.#erased.has(subject)) this.#erased.set(copyOf(subject), index);
  }

  /** Every leaf was read. */
  finish(): void {
    for (const { event, subject } of this.#openings.values())
      this.#check.unverifiable.add({
        message: `no leaf commits to the personal data of ${subject} that were handed over for event ${event}`,
      });
  }

  #commitment(index: number, event: string, subject: string, commitment: string): void {
    this.counts.committed++;
    const erasedAt = this.#erased.get(subject);
    if (erasedAt !== undefined) {
      const message = `personal data of ${subject} although leaf ${erasedAt} says that they are erased`;
      this.#check.findings.add({ name: 'erased-subject', index, message });
    }
    const key = keyOf(event, subject);
    const opening = this.#openings.get(key);
    this.#openings.delete(key);
    if (opening?.commitment === commitment) {
      this.counts.opened++;
      return;
    }
    if (opening !== undefined) {
      const message = `the personal data of ${subject} that were handed over are not those that the leaf commits to`;
      this.#check.unverifiable.add({ index, message, evidence: { committed: commitment, handedOver: opening.commitment } });
    }
    this.counts.unopened++;
    const events = this.#unopened.get(subject);
    if (events === undefined) this.#unopened.set(copyOf(subject), [copyOf(event)]);
    else events.push(copyOf(event));
  }

  #move(count: number): void {
    this.counts.unopened -= count;
    this.counts.erased += count;
  }
}

function keyOf(event: string, subject: string): string {
  return `${event}\n${subject}`;
}

/** A text of its own: a slice would keep the whole bundle alive for as long as it is remembered. */
function copyOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
