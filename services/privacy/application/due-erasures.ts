import { ledgerEventOf } from '../../event-store/domain/ledger-event.ts';
import type { DueErasure, RetainedKind, RetentionSchedulePublished } from '../domain/retention.events.ts';
import { accountOf, type Persons } from './persons.ts';
import type { VaultStore } from './vault-store.ts';

const dayMs = 86_400_000;
const subjectsAtOnce = 200;

/** Finds what a schedule no longer lets a provider keep. */
export class DueErasures {
  readonly #persons: Persons;
  readonly #vault: VaultStore;

  constructor(persons: Persons, vault: VaultStore) {
    this.#persons = persons;
    this.#vault = vault;
  }

  /** At most so many; what is found is due, and what was erased is not found again. */
  async find(provider: string, schedule: RetentionSchedulePublished, asOf: string, limit: number): Promise<DueErasure[]> {
    const due: DueErasure[] = [];
    for (let after = ''; ;) {
      const subjects = await this.#vault.subjects(provider, after, subjectsAtOnce);
      for (const subject of subjects) {
        const found = await this.#of(provider, subject, schedule, asOf);
        if (found !== undefined) due.push(found);
        if (due.length === limit) return due;
      }
      const last = subjects.at(-1);
      if (last === undefined) return due;
      after = last;
    }
  }

  /** Is it still so? Somebody may have become active since it was planned. */
  async isStillDue(provider: string, { kind, subject }: DueErasure, schedule: RetentionSchedulePublished, asOf: string): Promise<boolean> {
    if (kind === 'superseded-personal-data') return true;
    return isBefore(await this.#persons.lastActivity(provider, subject), cutoffOf(schedule, kind, asOf));
  }

  async #of(provider: string, subject: string, schedule: RetentionSchedulePublished, asOf: string): Promise<DueErasure | undefined> {
    const whose = { account: accountOf(subject), subject };
    const whole = cutoffOf(schedule, 'personal-data', asOf);
    if (whole !== undefined && isBefore(await this.#persons.lastActivity(provider, subject), whole)) {
      const state = await this.#persons.find(provider, subject);
      return state.status === 'known' ? { kind: 'personal-data', ...whose } : undefined;
    }
    const superseded = cutoffOf(schedule, 'superseded-personal-data', asOf);
    if (superseded === undefined) return undefined;
    const events = await this.#supersededBefore(provider, subject, superseded);
    return events.length === 0 ? undefined : { kind: 'superseded-personal-data', ...whose, events };
  }

  async #supersededBefore(provider: string, subject: string, cutoff: string): Promise<string[]> {
    const state = await this.#persons.find(provider, subject);
    if (state.status !== 'known') return [];
    const times = new Map<string, string>();
    for await (const stored of this.#persons.events(provider, subject)) times.set(stored.id, ledgerEventOf(stored)?.at ?? '');
    return state.versions.slice(0, -1).flatMap(({ event }, index) => {
      const correction = state.versions[index + 1];
      return correction !== undefined && isBefore(times.get(correction.event), cutoff) ? [event] : [];
    });
  }
}

/** What was last touched before this instant is due; undefined for a kind that is kept without end. */
function cutoffOf({ rules }: RetentionSchedulePublished, kind: RetainedKind, asOf: string): string | undefined {
  const rule = rules.find((candidate) => candidate.kind === kind);
  return rule && new Date(Date.parse(asOf) - Number(rule.days) * dayMs).toISOString();
}

function isBefore(time: string | undefined, cutoff: string | undefined): boolean {
  return time !== undefined && cutoff !== undefined && time < cutoff;
}
