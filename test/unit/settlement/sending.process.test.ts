import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Aggregate, DomainEvent } from '../../../services/commands/domain/aggregate.ts';
import { accept, type Decision, type Rejection } from '../../../services/commands/domain/decision.ts';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { type LedgerEvent, ledgerEventOf } from '../../../services/event-store/domain/ledger-event.ts';
import { dispatchStream, mandateStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import type { UndoneNotice } from '../../../services/settlement/application/settlement-alarms.ts';
import { SendingProcess } from '../../../services/settlement/application/sending/sending.process.ts';
import { dispatchIdOf, type OrderEvent } from '../../../services/settlement/domain/dispatch.events.ts';
import { fail, finish, order, retry } from '../../../services/settlement/domain/dispatch.decider.ts';
import { dispatch, type Dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { mandateDigest } from '../../../services/settlement/domain/mandate-terms.ts';
import type { MandateEvent } from '../../../services/settlement/domain/mandate.events.ts';
import { mandate } from '../../../services/settlement/domain/mandate.ts';
import { envelope, executionOn } from '../../support/execution.ts';
import { issueOrdered } from './credit.fixtures.ts';
import {
  cancelOrdered,
  captureOrdered,
  collectionDecided,
  mandateId,
  offered,
  payer,
  place,
  refundOrdered,
  target,
  terms,
} from './sending.fixtures.ts';

const stream = dispatchStream('demo', 'collect.7');

let store: MemoryEventStore;
let commands: number;
let undone: UndoneNotice[];
beforeEach(() => {
  store = new MemoryEventStore();
  [commands, undone] = [0, []];
});

async function act<State, Event extends DomainEvent>(
  aggregate: Aggregate<State, Event>,
  of: string,
  decide: (state: State) => Decision<Event, Rejection>,
): Promise<void> {
  const outcome = await executionOn(store).executor.execute({ aggregate, stream: of, envelope: envelope(`${commands++}`), decide });
  if (outcome.kind === 'rejected') throw new Error(JSON.stringify(outcome.rejection));
}

/** One of the mandates that a payer has agreed to for the same token. */
async function agreed(salt: string): Promise<string> {
  const own = { ...terms, salt };
  const id = mandateDigest(own, place);
  const signature = payer.signingKey.sign(id).serialized;
  await act(mandate, mandateStream('demo', id), () =>
    accept(
      { type: 'MandateOffered/1', data: { ...offered, mandate: id, terms: own } },
      { type: 'MandateSigned/1', data: { mandate: id, signature } },
    ),
  );
  return id;
}

function decide(id: string, slot = '7'): Promise<void> {
  const { data } = collectionDecided(slot, '10800000', '0');
  return act(mandate, mandateStream('demo', id), () =>
    accept({ type: 'CollectionDecided/1', data: { ...data, mandate: id } } as MandateEvent),
  );
}

async function log(): Promise<LedgerEvent[]> {
  return (await Array.fromAsync(store.readAll())).map((stored) => ledgerEventOf(stored)!);
}

/** Everything from the beginning, as a process does that was killed before its checkpoint moved. */
async function follow(): Promise<void> {
  const process = new SendingProcess(executionOn(store).executor, (notice) => undone.push(notice));
  const { typePrefixes } = process.filter;
  await process.project((await log()).filter(({ type }) => typePrefixes.some((prefix) => type.startsWith(prefix))));
}

const failed = () => act(dispatch, stream, (state) => fail(state, { ordered: orderedIn(state), failure: { code: 'expired' } }));
const done = () =>
  act(dispatch, stream, (state) => {
    const block = { number: '1', hash: '0x1', time: '2026-03-01T00:00:00.000Z' };
    return finish(state, { ordered: orderedIn(state), tx: '0x1', block, gas: '1', fee: '1' });
  });
const orderedIn = (state: Dispatch) => (state.status === 'none' ? '' : state.orderedAt.toString());

/** By mandate, in the order of the log. */
async function typed(type: string): Promise<unknown[]> {
  return (await log()).filter((event) => event.type === type).map(({ fin }) => (fin as { mandate: string }).mandate);
}

describe('one invoice under two mandates of its payer', () => {
  it('is collected under the first; the second gives it up, and what is behind goes on', async () => {
    const [first, second] = [await agreed('1'), await agreed('2')];
    await decide(first);
    await decide(second);
    await decide(second, '8');
    await follow();
    await follow();
    expect(await typed('CollectOrdered/1')).toEqual([first, second]);
    expect((await log()).filter(({ type }) => type === 'CollectionReleased/1')).toMatchObject([
      { stream: mandateStream('demo', second), fin: { slot: '7', decided: '2' } },
    ]);
  });

  it('is given up by the second when the first has collected it', async () => {
    const [first, second] = [await agreed('1'), await agreed('2')];
    await decide(first);
    await follow();
    await done();
    await decide(second);
    await follow();
    expect([await typed('CollectOrdered/1'), await typed('CollectionReleased/1')]).toEqual([[first], [second]]);
  });

  it('is not collected under what was given up, although the first came to nothing meanwhile', async () => {
    const [first, second] = [await agreed('1'), await agreed('2')];
    await decide(first);
    await decide(second);
    await follow();
    await failed();
    await follow();
    expect(await typed('CollectOrdered/1')).toEqual([first]);
    expect(await typed('CollectionReleased/1')).toEqual([second, first]);
  });

  it('is collected under the second when the first has come to nothing, and counts for no cap of the first', async () => {
    const [first, second] = [await agreed('1'), await agreed('2')];
    await decide(first);
    await follow();
    await decide(second);
    await failed();
    await follow();
    expect([await typed('CollectOrdered/1'), await typed('CollectionReleased/1')]).toEqual([[first, second], [first]]);
  });
});

it('orders what a payer asked for as such, and what the provider asked for without a word', async () => {
  const id = await agreed('1');
  await decide(id);
  const { data } = collectionDecided('8', '10800000', '0');
  await act(mandate, mandateStream('demo', id), () =>
    accept({ type: 'CollectionDecided/1', data: { ...data, mandate: id, byPayer: true } } as MandateEvent),
  );
  await follow();
  const ordered = (await log()).filter(({ type }) => type === 'CollectOrdered/1');
  expect(ordered.map(({ fin }) => [fin['slot'], fin['byPayer']])).toEqual([
    ['7', undefined],
    ['8', true],
  ]);
});

describe('a mandate that its payer ends', () => {
  const ended = async (id: string, signature?: string) =>
    act(mandate, mandateStream('demo', id), () =>
      accept({ type: 'MandateRevoked/1', data: { mandate: id, by: 'payer', ...(signature !== undefined && { signature }) } }),
    );

  it('is ended on chain where the payer had agreed to it, with the signature that ends it', async () => {
    const id = await agreed('1');
    await ended(id, '0xc0ffee');
    await follow();
    expect((await log()).filter(({ type }) => type === 'RevocationOrdered/1')).toMatchObject([
      { stream: dispatchStream('demo', `revoke.${id}`), fin: { mandate: id, signature: '0xc0ffee' } },
    ]);
  });

  it('costs no transaction where nobody had agreed to it', async () => {
    await act(mandate, mandateStream('demo', offered.mandate), () => accept({ type: 'MandateOffered/1', data: offered }));
    await ended(offered.mandate, '0xc0ffee');
    await follow();
    expect(await typed('RevocationOrdered/1')).toEqual([]);
  });

  it('costs no transaction where the chain has ended it', async () => {
    await ended(await agreed('1'));
    await follow();
    expect(await typed('RevocationOrdered/1')).toEqual([]);
  });
});

describe('what nobody orders again by itself', () => {
  const failedOrder = async (event: OrderEvent) => {
    const of = dispatchStream('demo', dispatchIdOf(event));
    await act(dispatch, of, (state) => order(state, event));
    await act(dispatch, of, (state) => fail(state, { ordered: '0', failure: { code: 'reverted', error: 'NotYours()' } }));
    return of;
  };

  it.each([
    ['capture', captureOrdered()],
    ['cancel', cancelOrdered],
    ['issue', { type: 'CreditIssueOrdered/1', data: issueOrdered } as const],
    ['revoke', { type: 'RevocationOrdered/1', data: { ...target, mandate: mandateId, terms, signature: '0x' } } as const],
  ] as const)('is told when nothing came of it: %s', async (what, event) => {
    const of = await failedOrder(event);
    await follow();
    expect(undone).toEqual([{ provider: 'demo', stream: of, what, reason: 'reverted: NotYours()' }]);
  });

  it('is not told where it is decided anew elsewhere, or ordered again already', async () => {
    await failedOrder(refundOrdered());
    await act(dispatch, await failedOrder(captureOrdered()), retry);
    await follow();
    expect(undone).toEqual([]);
  });
});
