import type { ExecutionRejection } from './answer.ts';
import type { Envelope } from './envelope.ts';
import type { LiveAggregate } from './live-aggregate.ts';

interface Rejected {
  readonly kind: 'rejected';
  readonly rejection: ExecutionRejection;
}

/** Another body came with this key. */
export function keyReused({ commandId }: Envelope): Rejected {
  return { kind: 'rejected', rejection: { code: 'idempotency_key_reused', commandId } };
}

/** Undefined where the aggregate is at the revision that the caller named, or the caller named none. */
export function revisionMismatch({ revision }: LiveAggregate<unknown>, { expectedRevision }: Envelope): Rejected | undefined {
  if (expectedRevision === undefined || expectedRevision === revision) return undefined;
  const actual = revision < 0n ? 'none' : revision.toString();
  return { kind: 'rejected', rejection: { code: 'revision_mismatch', expected: expectedRevision.toString(), actual } };
}
