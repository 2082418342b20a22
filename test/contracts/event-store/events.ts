import { randomUUID } from 'node:crypto';
import { canonicalJson, type Json } from '../../../services/event-store/domain/canonical-json.ts';
import type { ProposedEvent } from '../../../services/event-store/domain/event-store.ts';

export function propose(count: number, data: Json = { amount: '1.00' }): ProposedEvent[] {
  return Array.from({ length: count }, () => ({
    id: randomUUID(),
    type: 'AccountCharged/1',
    data: canonicalJson(data),
    metadata: canonicalJson({}),
  }));
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export function idsOf(events: readonly { readonly id: string }[]): string[] {
  return events.map(({ id }) => id);
}

/** Waits for a condition with a deadline, instead of sleeping. */
export async function until(condition: () => boolean, deadlineMs = 5000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error('The condition did not come true in time.');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
