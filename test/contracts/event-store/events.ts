import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { canonicalJson, type Json } from '../../../services/event-store/domain/canonical-json.ts';
import type { Appended, ProposedEvent } from '../../../services/event-store/domain/event-store.ts';

export function propose(count: number, data: Json = { amount: '1.00' }): ProposedEvent[] {
  return Array.from({ length: count }, () => ({
    id: randomUUID(),
    type: 'AccountCharged/1',
    data: canonicalJson(data),
    metadata: canonicalJson({}),
  }));
}

/** Metadata as the ledger writes it. */
export const ledgerMetadata = canonicalJson({
  at: '2026-03-01T00:00:00.000Z',
  body: {
    actor: { id: 'key_1', type: 'api_key' },
    causation: 'cause',
    command: 'd9428888-122b-51d9-8b85-61cd33d78f40',
    correlation: 'trace',
    fingerprint: 'f'.repeat(64),
  },
  ms: 'a'.repeat(64),
  prev: '0'.repeat(64),
  ps: 'b'.repeat(64),
});

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export function idsOf(events: readonly { readonly id: string }[]): string[] {
  return events.map(({ id }) => id);
}

export function revisionsOf(events: readonly { readonly revision: bigint }[]): bigint[] {
  return events.map(({ revision }) => revision);
}

export function positionsOf(events: readonly { readonly position: bigint }[]): bigint[] {
  return events.map(({ position }) => position);
}

/** 0, 1, 2, ... */
export function revisionsUpTo(count: number): bigint[] {
  return Array.from({ length: count }, (_, index) => BigInt(index));
}

/** This append wrote: engines that cannot tell say `unknown`. */
export function expectFresh(answer: Appended, place: Partial<Appended>): void {
  expect(answer).toMatchObject(place);
  expect(answer.fresh).not.toBe(false);
}

/** This append found what an earlier one had written. */
export function expectRepeat(answer: Appended, { revision, position }: Omit<Appended, 'fresh'>): void {
  expect(answer).toMatchObject({ revision, position });
  expect(answer.fresh).not.toBe(true);
}

/** Waits for a condition with a deadline, instead of sleeping. */
export async function until(condition: () => boolean, deadlineMs = 60_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`The condition did not come true in time: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
