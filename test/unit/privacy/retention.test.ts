import { describe, expect, it } from '@jest/globals';
import { completeRun, planRun, publishSchedule, retention } from '../../../services/privacy/domain/retention.ts';
import type { RetentionEvent } from '../../../services/privacy/domain/retention.events.ts';
import { given } from '../../support/given.ts';

const asOf = '2026-03-01T00:00:00.000Z';
const schedule = { rules: [{ kind: 'personal-data' as const, days: '30' }] };
const scheduled: RetentionEvent = { type: 'RetentionSchedulePublished/1', data: schedule };
const planned: RetentionEvent = { type: 'RetentionRunPlanned/1', data: { schedule: '0', asOf, due: [] } };
const done = (plan: string) => ({ plan, erased: [], kept: [] });
const completed: RetentionEvent = { type: 'RetentionRunCompleted/1', data: done('1') };

describe('[I13] a retention run', () => {
  it('is planned by the schedule in force, which it names', () => {
    const [event] = given(retention, [scheduled, scheduled])
      .when((state) => planRun(state, { asOf, due: [] }))
      .thenAccepts('RetentionRunPlanned/1');
    expect(event?.data).toMatchObject({ schedule: '1', asOf });
  });

  it('is not planned without a schedule, nor before the last one is completed', () => {
    given(retention, [])
      .when((state) => planRun(state, { asOf, due: [] }))
      .thenRejects({ code: 'retention_schedule_not_found' });
    given(retention, [scheduled, planned])
      .when((state) => planRun(state, { asOf, due: [] }))
      .thenRejects({ code: 'retention_run_open' });
    given(retention, [scheduled, planned, completed])
      .when((state) => planRun(state, { asOf, due: [] }))
      .thenAccepts('RetentionRunPlanned/1');
  });

  it('is completed once, and keeps its plan when the schedule changes meanwhile', () => {
    given(retention, [])
      .when((state) => completeRun(state, done('1')))
      .thenRejects({ code: 'retention_schedule_not_found' });
    given(retention, [scheduled, planned, scheduled])
      .when((state) => completeRun(state, done('1')))
      .thenAccepts('RetentionRunCompleted/1');
    given(retention, [scheduled, planned, completed])
      .when((state) => completeRun(state, done('1')))
      .thenRepeats(2n);
    expect(given(retention, [scheduled, planned, completed]).state).toMatchObject({ lastRun: { asOf, revision: 2n } });
  });

  it('takes a new schedule at any time', () => {
    given(retention, [scheduled, planned])
      .when((state) => publishSchedule(state, schedule))
      .thenAccepts('RetentionSchedulePublished/1');
  });
});
