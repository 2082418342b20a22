import { hash } from 'node:crypto';
import { canonicalJson } from '../../../services/event-store/domain/canonical-json.ts';
import type { AppendRequest } from '../../../services/event-store/domain/event-store.ts';

/** The append number `index` to a stream, always the same: three events, so that a torn append would show. */
export function appendAt(stream: number, index: number): AppendRequest {
  const events = [0, 1, 2].map((place) => {
    const digest = hash('sha256', `${stream} ${index} ${place}`);
    const id = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-4${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
    return { id, type: 'AccountCharged/1', data: canonicalJson({ index: String(index), pad: 'x'.repeat(200) }) };
  });
  return { stream: `acme.account-${stream}`, expected: index === 0 ? 'no_stream' : BigInt(3 * index - 1), events };
}
