import { beforeEach, describe, expect, it } from '@jest/globals';
import { ChainUnavailableFault } from '../../../services/chain/application/chain-faults.ts';
import { Reconciler } from '../../../services/settlement/application/reconciling/reconciler.ts';
import type {
  ComparisonStanding,
  KeptReconciliation,
  ReconciliationStore,
} from '../../../services/settlement/application/reconciling/reconciliation-store.ts';
import type { Reconciliation } from '../../../services/settlement/domain/reconciliation.ts';

const minuteMs = 60_000;
const [creditMs, everyMs, overdueMs] = [minuteMs, 1_440 * minuteMs, 60 * minuteMs];

/** What two processes share. */
class Kept implements ReconciliationStore {
  readonly rows: KeptReconciliation[] = [];
  readonly #standings = new Map<string, ComparisonStanding>();

  keep(reconciliation: Reconciliation, at: Date): Promise<void> {
    this.rows.push({ ...reconciliation, id: BigInt(this.rows.length), at });
    return Promise.resolve();
  }

  latest(): Promise<KeptReconciliation[]> {
    return Promise.resolve([...new Map(this.rows.map((row) => [`${row.subject} ${row.chainId}`, row])).values()]);
  }

  made(what: string, at: Date, dueBy: Date): Promise<void> {
    this.#standings.set(what, { what, comparedAt: at, triedAt: at, dueBy, failure: undefined });
    return Promise.resolve();
  }

  failed(what: string, at: Date, { failure, dueBy }: { readonly failure: string; readonly dueBy: Date }): Promise<ComparisonStanding> {
    const before = this.#standings.get(what) ?? { what, comparedAt: undefined, dueBy };
    const standing = { ...before, triedAt: at, failure };
    this.#standings.set(what, standing);
    return Promise.resolve(standing);
  }

  standings(): Promise<ComparisonStanding[]> {
    return Promise.resolve([...this.#standings.values()]);
  }

  page(): Promise<KeptReconciliation[]> {
    return Promise.resolve(this.rows);
  }

  openings(): Promise<[]> {
    return Promise.resolve([]);
  }

  open(): Promise<void> {
    return Promise.resolve();
  }
}

let kept: Kept;
let now: number;
/** What the chain has more than the books; undefined: it cannot be asked. */
let surplus: bigint | undefined;
let told: string[];

beforeEach(() => {
  [kept, now, surplus, told] = [new Kept(), Date.parse('2026-11-26T00:00:00.000Z'), 0n, []];
});

function reconciler(name = 'clock'): Reconciler {
  const compare = (): Promise<Reconciliation[]> => {
    if (surplus === undefined) return Promise.reject(new ChainUnavailableFault('The node is away.'));
    const dollars = (amount: bigint) => ({ amount, currency: 'USDC' as const });
    const sides = { onChain: dollars(surplus), opening: dollars(0n), inLedger: dollars(0n), inFlight: dollars(0n) };
    return Promise.resolve([{ provider: 'demo', subject: 'treasury', chainId: '1', currency: 'USDC', blocks: [], ...sides }]);
  };
  return new Reconciler({
    ...{ nodes: new Map(), chains: new Map([['1', { compare }]]), credit: { compare: () => Promise.resolve([]) } },
    ...{ store: { cursors: () => Promise.resolve([]) }, kept, lock: { tryAcquire: () => Promise.resolve(undefined) } },
    clock: { now: () => new Date(now).toISOString() },
    settings: { creditMs, everyMs, overdueMs },
    onAlarm: ({ onChain }) => told.push(`${name}: difference ${onChain.amount}`),
    onOverdue: ({ what, comparedAt, failure }) => told.push(`${name}: ${what} not compared since ${comparedAt?.toISOString()}: ${failure}`),
    onRetry: () => undefined,
  });
}

async function rounds(by: Reconciler, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    await by.round();
    now += minuteMs;
  }
}

describe('an alarm of the reconciliation', () => {
  it('is raised by the clock although somebody compared on demand before, and is not raised by that', async () => {
    const byClock = reconciler();
    await rounds(byClock, 1);
    surplus = 5n;
    expect(await reconciler('demand').compare()).toHaveLength(1);
    expect(told).toEqual([]);
    now += everyMs;
    await rounds(byClock, 2);
    expect(told).toEqual(['clock: difference 5']);
  });

  it('is raised again by another difference, by another process, and each day that it stands; not by one that is gone', async () => {
    const byClock = reconciler();
    surplus = 5n;
    await rounds(byClock, 3 * 1_440);
    expect(told).toEqual(Array(3).fill('clock: difference 5'));
    surplus = 6n;
    await rounds(byClock, 1);
    await rounds(reconciler('next'), 1);
    expect(told.slice(3)).toEqual(['clock: difference 6', 'next: difference 6']);
    surplus = 0n;
    await rounds(byClock, 1_441);
    expect(told).toHaveLength(5);
  });

  it('says that nobody can tell, where nothing was compared an hour past its time, once a day', async () => {
    const byClock = reconciler();
    await rounds(byClock, 1);
    surplus = undefined;
    await rounds(byClock, 1_440 + 59);
    expect(told).toEqual([]);
    await rounds(byClock, 1_440);
    const text = 'clock: 1 not compared since 2026-11-26T00:00:00.000Z: The node is away.';
    expect(told).toEqual([text]);
    await rounds(byClock, 1);
    expect(told).toEqual([text, text]);
    expect(await kept.standings()).toMatchObject([
      { what: 'credit', failure: undefined },
      { what: '1', failure: 'The node is away.' },
    ]);
  });

  it('comes in time after a restart too, and where nothing was ever compared', async () => {
    surplus = undefined;
    await rounds(reconciler('first'), 40);
    await rounds(reconciler('second'), 20);
    expect(told).toEqual([]);
    await rounds(reconciler('third'), 1);
    expect(told).toEqual(['third: 1 not compared since undefined: The node is away.']);
  });

  it('ends with a comparison that is made', async () => {
    const byClock = reconciler();
    surplus = undefined;
    await rounds(byClock, 62);
    surplus = 0n;
    await rounds(byClock, 1);
    surplus = undefined;
    await rounds(byClock, 1_499);
    expect(told).toHaveLength(1);
    await rounds(byClock, 1);
    expect(told).toHaveLength(2);
  });
});
