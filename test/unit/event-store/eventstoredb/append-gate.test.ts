import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppendGate, type GateLimits } from '../../../../services/event-store/adapters/eventstoredb/append-gate.ts';
import { UnknownOutcomeFault } from '../../../../services/event-store/domain/faults.ts';

const limits: GateLimits = { inFlightMax: 3, inFlightBytesMax: 100, queueLengthMax: 5, queueBytesMax: 200, queueMsMax: 10_000 };

/** Appends that end when they are told to, and the order in which they began. */
function appendsThrough(gate: AppendGate) {
  const begun: number[] = [];
  const ends: ((failure?: Error) => void)[] = [];
  const add = (name: number, bytes = 1) =>
    gate.run(bytes, () => {
      begun.push(name);
      return new Promise<number>((resolve, reject) => ends.push((failure) => (failure === undefined ? resolve(name) : reject(failure))));
    });
  const endNext = async (failure?: Error) => {
    ends.shift()?.(failure);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { begun, add, endNext };
}

describe('the gate before the appending client', () => {
  it('lets a bounded number through at once, and the others in the order in which they came', async () => {
    const { begun, add, endNext } = appendsThrough(new AppendGate(limits));
    const appends = [1, 2, 3, 4, 5, 6].map((name) => add(name));
    expect(begun).toEqual([1, 2, 3]);
    await endNext();
    expect(begun).toEqual([1, 2, 3, 4]);
    for (let count = 0; count < 5; count++) await endNext();
    expect(await Promise.all(appends)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(begun).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('counts bytes, and lets one through alone whatever its size', async () => {
    const { begun, add, endNext } = appendsThrough(new AppendGate(limits));
    const appends = [add(1, 150), add(2, 60), add(3, 60)];
    expect(begun).toEqual([1]);
    await endNext();
    expect(begun).toEqual([1, 2]);
    await endNext();
    await endNext();
    expect(await Promise.all(appends)).toEqual([1, 2, 3]);
  });

  it('goes on after an append that failed', async () => {
    const { begun, add, endNext } = appendsThrough(new AppendGate({ ...limits, inFlightMax: 1 }));
    const failing = add(1);
    failing.catch(() => undefined);
    const next = add(2);
    await endNext(new Error('lost'));
    await expect(failing).rejects.toThrow('lost');
    expect(begun).toEqual([1, 2]);
    await endNext();
    expect(await next).toBe(2);
  });

  it('refuses what would wait behind too many, or too much', async () => {
    const { add, endNext } = appendsThrough(new AppendGate(limits));
    const appends = [1, 2, 3, 4, 5, 6, 7, 8].map((name) => add(name));
    await expect(add(9)).rejects.toMatchObject({ name: 'StoreOverloadedFault', retryable: true });
    for (let count = 0; count < 8; count++) await endNext();
    await Promise.all(appends);
    const large = [add(1, 100), add(2, 150)];
    await expect(add(3, 51)).rejects.toMatchObject({ name: 'StoreOverloadedFault' });
    await endNext();
    await endNext();
    await Promise.all(large);
  });

  it('refuses what waited long behind an append that had no answer, and sends what came after', async () => {
    const { begun, add, endNext } = appendsThrough(new AppendGate({ ...limits, inFlightMax: 1, queueMsMax: 40 }));
    const unanswered = add(1);
    const late = add(2);
    for (const failing of [unanswered, late]) failing.catch(() => undefined);
    await sleep(60);
    const next = add(3);
    await endNext(new UnknownOutcomeFault('no answer'));
    await expect(unanswered).rejects.toMatchObject({ name: 'UnknownOutcomeFault' });
    await expect(late).rejects.toMatchObject({ name: 'StoreOverloadedFault' });
    expect(begun).toEqual([1, 3]);
    await endNext();
    expect(await next).toBe(3);
  });

  it('lets wait for as long as it takes while there are answers', async () => {
    const { begun, add, endNext } = appendsThrough(new AppendGate({ ...limits, inFlightMax: 1, queueMsMax: 20 }));
    const appends = [add(1), add(2)];
    await sleep(40);
    await endNext();
    expect(begun).toEqual([1, 2]);
    await endNext();
    expect(await Promise.all(appends)).toEqual([1, 2]);
  });

  it('refuses all that wait when it is closed', async () => {
    const gate = new AppendGate({ ...limits, inFlightMax: 1 });
    const { add, endNext } = appendsThrough(gate);
    const first = add(1);
    const waiting = add(2);
    waiting.catch(() => undefined);
    gate.clear(new Error('closed'));
    await expect(waiting).rejects.toThrow('closed');
    await endNext();
    expect(await first).toBe(1);
  });
});
