import { describe, expect, it } from '@jest/globals';
import { isRoundDue } from '../../../services/integrity/application/round-schedule.ts';

const settings = { eventsMax: 100, secondsMax: 60, heartbeatSeconds: 1800 };
const opened = new Date('2026-01-01T00:00:00Z');
const after = (seconds: number) => new Date(opened.getTime() + seconds * 1000);

function due(moment: { seconds: number; waiting?: number; wantedSize?: bigint }): boolean {
  const { seconds, waiting = 0, wantedSize = 0n } = moment;
  return isRoundDue({ now: after(seconds), last: { openedAt: opened, uptoSize: 10n }, waiting, wantedSize }, settings);
}

describe('a round is due', () => {
  it('at once for a log that had none', () =>
    expect(isRoundDue({ now: opened, last: undefined, waiting: 0, wantedSize: 0n }, settings)).toBe(true));
  it('when enough events wait', () => expect([due({ seconds: 1, waiting: 99 }), due({ seconds: 1, waiting: 100 })]).toEqual([false, true]));
  it('when an event has waited long enough', () =>
    expect([due({ seconds: 59, waiting: 1 }), due({ seconds: 60, waiting: 1 })]).toEqual([false, true]));
  it('by the heartbeat alone when nothing happened', () => expect([due({ seconds: 1799 }), due({ seconds: 1800 })]).toEqual([false, true]));
  it('when somebody wants leaves anchored that the last one did not commit to', () =>
    expect([due({ seconds: 1, wantedSize: 10n }), due({ seconds: 1, wantedSize: 11n })]).toEqual([false, true]));
});
