import type { Aggregate, Placed } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import {
  type DueErasure,
  type RetentionEvent,
  retentionEvents,
  type RetentionRunCompleted,
  type RetentionRunPlanned,
  type RetentionSchedulePublished,
} from './retention.events.ts';

/** A plan that nobody has said to be done yet. */
export interface OpenPlan {
  readonly id: string;
  readonly revision: bigint;
  readonly data: RetentionRunPlanned;
}

export interface ScheduledRetention {
  readonly status: 'scheduled';
  readonly schedule: RetentionSchedulePublished;
  /** Of the schedule. */
  readonly revision: bigint;
  readonly plan: OpenPlan | undefined;
  readonly lastRun: { readonly revision: bigint; readonly asOf: string; readonly completed: RetentionRunCompleted } | undefined;
}

export type Retention = { readonly status: 'none' } | ScheduledRetention;

export type RetentionRejection = { readonly code: 'retention_schedule_not_found' } | { readonly code: 'retention_run_open' };

export const retention: Aggregate<Retention, RetentionEvent> = { initial: { status: 'none' }, evolve, events: retentionEvents };

function evolve(state: Retention, { event, id, revision }: Placed<RetentionEvent>): Retention {
  if (event.type === 'RetentionSchedulePublished/1') {
    const { plan, lastRun } = state.status === 'none' ? { plan: undefined, lastRun: undefined } : state;
    return { status: 'scheduled', schedule: event.data, revision, plan, lastRun };
  }
  if (state.status === 'none') return state; // Nothing can precede a schedule; `evolve` takes it all the same.
  if (event.type === 'RetentionRunPlanned/1') return { ...state, plan: { id, revision, data: event.data } };
  const asOf = state.plan?.data.asOf ?? '';
  return { ...state, plan: undefined, lastRun: { revision, asOf, completed: event.data } };
}

type RetentionDecision = Decision<RetentionEvent, RetentionRejection>;

export function publishSchedule(_: Retention, data: RetentionSchedulePublished): RetentionDecision {
  return accept({ type: 'RetentionSchedulePublished/1', data });
}

/** One plan at a time: what is due by the next one depends on what this one erases. */
export function planRun(
  state: Retention,
  { asOf, due }: { readonly asOf: string; readonly due: readonly DueErasure[] },
): RetentionDecision {
  if (state.status === 'none') return reject({ code: 'retention_schedule_not_found' });
  if (state.plan !== undefined) return reject({ code: 'retention_run_open' });
  return accept({ type: 'RetentionRunPlanned/1', data: { schedule: state.revision.toString(), asOf, due } });
}

export function completeRun(state: Retention, data: RetentionRunCompleted): RetentionDecision {
  if (state.status === 'none') return reject({ code: 'retention_schedule_not_found' });
  if (state.plan?.revision.toString() === data.plan) return accept({ type: 'RetentionRunCompleted/1', data });
  // Another process was as far: its word is the answer.
  return state.lastRun === undefined ? reject({ code: 'retention_schedule_not_found' }) : repeated(state.lastRun.revision);
}
