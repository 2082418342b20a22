import { beforeEach, describe, expect, it } from '@jest/globals';
import { accept } from '../../../services/commands/domain/decision.ts';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { ConflictFault, StoreUnavailableFault } from '../../../services/event-store/domain/faults.ts';
import { ledgerEventOf } from '../../../services/event-store/domain/ledger-event.ts';
import { EscrowReclaims, type UncapturedNotice } from '../../../services/settlement/application/escrow/escrow-reclaims.ts';
import { dispatchStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import { settlementStream } from '../../../services/settlement/application/settlement-streams.ts';
import { settlementId } from '../../../services/settlement/domain/chain-effect.ts';
import { fail, finish } from '../../../services/settlement/domain/dispatch.decider.ts';
import type { DispatchFailure, RefundClaimOrdered } from '../../../services/settlement/domain/dispatch.events.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { settlement } from '../../../services/settlement/domain/settlement.ts';
import { envelope, executionOn } from '../../support/execution.ts';
import { EffectHistory, effectOf, escrow } from './effect.fixtures.ts';

const dollar = `0x${'d'.repeat(40)}`;
const chainId = '31337';
const captureAfter = Date.parse('2026-03-01T00:00:00.000Z');
const reclaimAfter = Date.parse('2026-03-31T00:00:00.000Z');
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

let store: MemoryEventStore;
let told: UncapturedNotice[];
let reclaims: EscrowReclaims;
let now: number;
let commands: number;

beforeEach(async () => {
  [store, told, commands] = [new MemoryEventStore(), [], 0];
  reclaims = started();
  const times = { captureAfter: String(captureAfter / 1_000), reclaimAfter: String(reclaimAfter / 1_000), feeBps: '0' };
  const effect = effectOf('open', '900', { name: 'EventOpened', eventId: '900', ...times }, { contract: escrow });
  const [first, ...others] = new EffectHistory().observed(effect, {}).finalized({}).events;
  for (const provider of ['demo', 'broken'])
    await executionOn(store).executor.execute({
      ...{ aggregate: settlement, stream: settlementStream(provider, settlementId(effect)), envelope: envelope('opened', { provider }) },
      decide: () => accept(first!, ...others),
    });
});

/** One process; another one knows nothing of what this one has told. `fault`: of a provider in front, when it is asked who bought. */
function started(chainIds: readonly string[] = [chainId], fault?: Error): EscrowReclaims {
  const escrows = [...(fault === undefined ? [] : [['broken', '900'] as const]), ['demo', '900'] as const, ['demo', '901'] as const];
  const open = escrows.map(([provider, eventId]) => ({ provider, chainId, contract: escrow, eventId, held: 60 }));
  const bought = Array.from({ length: 60 }, (_, index) => ({ slot: String(index + 1), token: dollar }));
  return new EscrowReclaims({
    ...{ executor: executionOn(store).executor, chainIds, clock: { now: () => new Date(now).toISOString() } },
    open: { openEscrows: () => Promise.resolve(open) },
    purchases: { boughtIn: (provider) => (provider === 'broken' ? Promise.reject(fault!) : Promise.resolve(bought)) },
    onUncaptured: (notice) => told.push(notice),
  });
}

async function roundAt(time: number): Promise<void> {
  now = time;
  await reclaims.round();
}

async function orders(): Promise<(readonly [string, number])[]> {
  const events = (await Array.fromAsync(store.readAll())).map((stored) => ledgerEventOf(stored)!);
  const claims = events.filter(({ type }) => type === 'RefundClaimOrdered/1').map(({ fin }) => fin as unknown as RefundClaimOrdered);
  return claims.map(({ eventId, slots }) => [eventId, slots.length]);
}

const first = dispatchStream('demo', `claim.${chainId}.900.1`);

async function ended(ordered: number, failure?: DispatchFailure): Promise<void> {
  const done = { tx: '0x1', block: { number: '1', hash: '0x2', time: new Date(now).toISOString() }, gas: '1', fee: '1' };
  await executionOn(store).executor.execute({
    ...{ aggregate: dispatch, stream: first, envelope: envelope(`ended ${commands++}`) },
    decide: (state) => (failure ? fail(state, { ordered: `${ordered}`, failure }) : finish(state, { ordered: `${ordered}`, ...done })),
  });
}

const both = [
  ['900', 50],
  ['900', 10],
];

describe('[D15] what an escrow holds for an event that nobody captured or cancelled', () => {
  it('is left alone as long as nobody may take it', async () => {
    await roundAt(captureAfter - 1);
    expect([told, await orders()]).toEqual([[], []]);
  });

  it('is told of once a day while the provider may take it, and not touched', async () => {
    for (const time of [captureAfter, captureAfter + hourMs, captureAfter + dayMs, reclaimAfter - 1]) await roundAt(time);
    const notice = { provider: 'demo', chainId, eventId: '900', held: 60, until: '2026-03-31T00:00:00.000Z' };
    expect([told, await orders()]).toEqual([[notice, notice, notice], []]);
  });

  it('goes back to everybody who bought once nobody may take it, by orders that come once however often it is looked at', async () => {
    for (let round = 0; round < 3; round++) {
      await roundAt(reclaimAfter + round);
      reclaims = started();
    }
    expect([told, await orders()]).toEqual([[], both]);
    await ended(0);
    await roundAt(reclaimAfter + 30 * dayMs);
    expect(await orders()).toEqual(both);
  });

  it('is tried again, less and less often, where that failed, and never where nothing was left', async () => {
    await roundAt(reclaimAfter);
    const trials = [1, 3, 7];
    for (const [place, hours] of trials.entries()) {
      await ended(2 * place, { code: 'reverted', error: 'EnforcedPause()' });
      await roundAt(reclaimAfter + hours * hourMs - 1);
      expect(await orders()).toHaveLength(both.length + place);
      await roundAt(reclaimAfter + hours * hourMs);
      expect(await orders()).toHaveLength(both.length + place + 1);
    }
    await ended(2 * trials.length, { code: 'nothing_left' });
    await roundAt(reclaimAfter + 30 * dayMs);
    expect(await orders()).toHaveLength(both.length + trials.length);
  });

  it('goes back where it fails for a provider in front, even by what may pass, and that is told', async () => {
    reclaims = started([chainId], new ConflictFault('broken.dispatch-claim', 0n, 1n));
    await expect(roundAt(reclaimAfter)).rejects.toThrow('1 escrows could not be looked after; the first: ConflictFault');
    expect(await orders()).toEqual(both);
  });

  it('waits for the next round where the store of events is away, which fails for everybody', async () => {
    const away = new StoreUnavailableFault('away');
    reclaims = started([chainId], away);
    await expect(roundAt(reclaimAfter)).rejects.toBe(away);
    expect(await orders()).toEqual([]);
  });

  it('waits on a chain that nothing is sent on', async () => {
    reclaims = started(['1']);
    for (const time of [captureAfter, reclaimAfter]) await roundAt(time);
    expect([told, await orders()]).toEqual([[], []]);
  });
});
