import { hash } from 'node:crypto';
import { canonicalJson } from '../../../services/event-store/domain/canonical-json.ts';
import type { AppendRequest, ProposedEvent } from '../../../services/event-store/domain/event-store.ts';

/** Events with ids that follow from a seed: whoever proposes them again proposes the same. */
export function numberedEvents(seed: string, count: number): ProposedEvent[] {
  return Array.from({ length: count }, (_, place) => {
    const digest = hash('sha256', `${seed} ${place}`);
    const id = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-4${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
    return { id, type: 'AccountCharged/1', data: canonicalJson({ pad: 'x'.repeat(200), seed }) };
  });
}

/** Events of one numbered append: more than one, so that a torn append would show. */
export const appendLength = 3;

/** The append number `index` to a stream, always the same. */
export function appendAt(stream: string, index: number): AppendRequest {
  const expected = index === 0 ? 'no_stream' : BigInt(appendLength * index - 1);
  return { stream, expected, events: numberedEvents(`${stream} ${index}`, appendLength) };
}
