import type { Round } from './round-store.ts';

export interface RoundSettings {
  /** A round opens at the latest when so many events wait for one. */
  readonly eventsMax: number;
  /** A round opens at the latest so long after the one before, if any event waits. */
  readonly secondsMax: number;
  /** A round opens so long after the one before, even if nothing happened. */
  readonly heartbeatSeconds: number;
}

export interface LogMoment {
  readonly now: Date;
  readonly last: Pick<Round, 'openedAt' | 'uptoSize'> | undefined;
  /** Business leaves that no state commits to yet. System leaves do not count, so rounds never feed themselves. */
  readonly waiting: number;
  /** Somebody wants these leaves anchored now. */
  readonly wantedSize: bigint;
}

/** Is it time for a round? A log without any owes the world its first one at once. */
export function isRoundDue({ now, last, waiting, wantedSize }: LogMoment, settings: RoundSettings): boolean {
  if (last === undefined || wantedSize > last.uptoSize) return true;
  const seconds = (now.getTime() - last.openedAt.getTime()) / 1000;
  if (seconds >= settings.heartbeatSeconds) return true;
  return waiting > 0 && (waiting >= settings.eventsMax || seconds >= settings.secondsMax);
}
