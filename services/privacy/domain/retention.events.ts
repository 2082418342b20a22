import { EventTypes } from '../../event-store/domain/event-types.ts';

/* Facts about how long a provider keeps what, stream `<slug>.retention-0`. */

/**
 * `personal-data`: all that is known of a person, from the last event of the account or the person on. `superseded-personal-data`: a version
 * that was corrected, from the correction on.
 */
export const retainedKinds = ['personal-data', 'superseded-personal-data'] as const;
export type RetainedKind = (typeof retainedKinds)[number];

/** How long each kind is kept. The last schedule is in force; a kind that it does not name is kept without end. */
export type RetentionSchedulePublished = {
  readonly rules: readonly { readonly kind: RetainedKind; readonly days: string }[];
};

/** What a run found to be due, before anything of it is done. */
export type RetentionRunPlanned = {
  /** Of the schedule that was in force. */
  readonly schedule: string;
  readonly asOf: string;
  readonly due: readonly DueErasure[];
};

export type DueErasure = {
  readonly kind: RetainedKind;
  readonly account: string;
  readonly subject: string;
  /** For superseded versions: the events that brought them. */
  readonly events?: readonly string[];
};

/** A run is done: the proof that the schedule is kept. Every erasure has a leaf of its own, `PersonalDataErased/1`. */
export type RetentionRunCompleted = {
  /** Revision of the plan. */
  readonly plan: string;
  /** Subjects of which something was erased. */
  readonly erased: readonly string[];
  /** Subjects that became active again in the meantime, or of which there is nothing left to erase. */
  readonly kept: readonly string[];
};

export type RetentionEvent =
  | { readonly type: 'RetentionSchedulePublished/1'; readonly data: RetentionSchedulePublished }
  | { readonly type: 'RetentionRunPlanned/1'; readonly data: RetentionRunPlanned }
  | { readonly type: 'RetentionRunCompleted/1'; readonly data: RetentionRunCompleted };

export const retentionEvents = new EventTypes<RetentionEvent>({
  'RetentionSchedulePublished/1': [],
  'RetentionRunPlanned/1': [],
  'RetentionRunCompleted/1': [],
});
