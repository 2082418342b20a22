import { cosignatureOf } from '../note/cosignature.ts';
import { instantText } from '../log/instant.ts';
import type { SignedNote } from '../note/signed-note.ts';
import type { NoteKey } from '../note/vkey.ts';
import type { Check } from './check.ts';

/** Who must have seen a head before the auditor believes that everybody is shown the same. */
export interface WitnessQuorum {
  /** So many of them. */
  readonly quorum: number;
  readonly keys: readonly NoteKey[];
  /** A live log's cosignatures may be so old; undefined for any age. */
  readonly ageSecondsMax: number | undefined;
}

/** Clocks of witnesses may be ahead of ours. */
const aheadSecondsMax = 300;

/** Part of V2: did enough witnesses cosign the head, and lately? A copy is not judged by its age. */
export function checkWitnesses(check: Check, note: SignedNote, { quorum, keys, ageSecondsMax }: WitnessQuorum, isLive: boolean): void {
  const now = Math.floor(Date.now() / 1000);
  const isFresh = (time: number) =>
    !isLive || ageSecondsMax === undefined || (time >= now - ageSecondsMax && time <= now + aheadSecondsMax);
  const missing = keys.flatMap((key) => {
    const cosignature = cosignatureOf(note, key);
    if (cosignature === undefined) return [`${key.name} did not cosign`];
    return isFresh(cosignature.time) ? [] : [`${key.name} cosigned at ${instantText(cosignature.time)}`];
  });
  const seen = keys.length - missing.length;
  if (seen >= quorum) return;
  const message = `${seen} of the ${quorum} witnesses that the policy asks for cosigned the head${isLive ? ' lately' : ''}: ${missing.join(', ')}`;
  check.unverifiable.add({ message });
}
