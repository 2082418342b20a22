import { describe, expect, it } from '@jest/globals';
import {
  orderErasure,
  orderSupersededErasure,
  recordConsent,
  recordPersonalData,
} from '../../../services/privacy/domain/person.decider.ts';
import { person } from '../../../services/privacy/domain/person.ts';
import type { ConsentRecorded, PersonEvent } from '../../../services/privacy/domain/person.events.ts';
import { eventId, given } from '../../support/given.ts';

const holder = { account: 'acc_1', subject: 'per_1' };
const recorded: PersonEvent = { type: 'PersonalDataRecorded/1', data: { ...holder, fields: ['name'] } };
const order = { ...holder, reason: 'subject_request' as const };
const erased: PersonEvent = { type: 'ErasureOrdered/1', data: order };
const consent = (decision: 'given' | 'withdrawn'): ConsentRecorded => ({
  ...holder,
  ...{ purpose: 'news', decision, document: 'v1', effectiveAt: '2026-01-01T00:00:00.000Z' },
});

describe('personal data', () => {
  const data = { name: 'Ada', email: 'ada@example.org' };

  it('are recorded by the names of their fields, and by nothing else of them', () => {
    const [event] = given(person, [])
      .when((state) => recordPersonalData(state, holder, data))
      .thenAccepts('PersonalDataRecorded/1');
    expect(event?.data).toEqual({ ...holder, fields: ['email', 'name'] });
  });

  it('are corrected by a version that is in force from then on', () => {
    const { state } = given(person, [recorded, recorded]);
    expect(state).toMatchObject({ status: 'known', versions: [{ event: eventId(0) }, { event: eventId(1) }] });
  });

  it('are not added to once they are erased', () => {
    given(person, [recorded, erased])
      .when((state) => recordPersonalData(state, holder, data))
      .thenRejects({ code: 'personal_data_erased' });
    given(person, [recorded, erased])
      .when((state) => recordConsent(state, consent('given')))
      .thenRejects({ code: 'personal_data_erased' });
  });
});

describe('a consent', () => {
  it('is as the person said last, and outlives the data', () => {
    const said = (decision: 'given' | 'withdrawn'): PersonEvent => ({ type: 'ConsentRecorded/1', data: consent(decision) });
    const { state } = given(person, [said('given'), said('withdrawn'), erased]);
    expect(state.status === 'erased' && [...state.consents.values()]).toEqual([consent('withdrawn')]);
  });
});

describe('an erasure', () => {
  it('is ordered of somebody who is known, by a consent alone too', () => {
    given(person, [recorded])
      .when((state) => orderErasure(state, order))
      .thenAccepts('ErasureOrdered/1');
    given(person, [{ type: 'ConsentRecorded/1', data: consent('given') }])
      .when((state) => orderErasure(state, order))
      .thenAccepts('ErasureOrdered/1');
  });

  it('is not ordered of nobody', () => {
    given(person, [])
      .when((state) => orderErasure(state, order))
      .thenRejects({ code: 'personal_data_not_found' });
  });

  it('is ordered once, whatever the reason of the second order', () => {
    given(person, [recorded, erased])
      .when((state) => orderErasure(state, { ...order, reason: 'consent_withdrawn' }))
      .thenRepeats(1n);
  });
});

describe('the erasure of versions', () => {
  const reason = 'retention_period' as const;
  const versions = (...events: string[]) => ({ reason, events });

  it('takes those that were corrected and are there, and never the newest', () => {
    const [event] = given(person, [recorded, recorded, recorded])
      .when((state) => orderSupersededErasure(state, holder, versions(eventId(0), eventId(2), eventId(7))))
      .thenAccepts('SupersededErasureOrdered/1');
    expect(event?.data).toEqual({ ...holder, reason, events: [eventId(0)] });
    const { state } = given(person, [recorded, recorded, event!]);
    expect(state).toMatchObject({ versions: [{ event: eventId(1), revision: 1n }] });
  });

  it('is refused, in this order, of nobody, of somebody erased, and of versions that are not there', () => {
    const erase = (state: typeof person.initial) => orderSupersededErasure(state, holder, versions(eventId(0)));
    given(person, []).when(erase).thenRejects({ code: 'personal_data_not_found' });
    given(person, [recorded, erased]).when(erase).thenRejects({ code: 'personal_data_erased' });
    given(person, [recorded]).when(erase).thenRejects({ code: 'personal_data_not_found' });
  });
});
