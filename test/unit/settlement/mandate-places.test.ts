import { beforeEach, describe, expect, it } from '@jest/globals';
import { id as hashOf } from 'ethers';
import { accept } from '../../../services/commands/domain/decision.ts';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { MandatePlaces } from '../../../services/settlement/application/mandates/mandate-places.ts';
import { dispatchStream, mandatePlacesStream, mandateStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import type { DispatchEvent } from '../../../services/settlement/domain/dispatch.events.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { accountPlacesMax, mandatePlaces, takePlace, walletPlacesMax } from '../../../services/settlement/domain/mandate-places.ts';
import type { MandatePlacesEvent } from '../../../services/settlement/domain/mandate-places.events.ts';
import { mandateDigest } from '../../../services/settlement/domain/mandate-terms.ts';
import type { MandateEvent, MandateOffered } from '../../../services/settlement/domain/mandate.events.ts';
import { mandate } from '../../../services/settlement/domain/mandate.ts';
import { envelope, executionOn } from '../../support/execution.ts';
import { given } from '../../support/given.ts';
import { account, collectionDecided, collectOrdered, offered, place, terms } from './sending.fixtures.ts';

const wallet = (number: number) => `0x${number.toString().padStart(40, '0')}`;
const [customer, stranger] = [wallet(0), wallet(1)];
const placeOf = (payer: string, mandate: string) => ({ account, payer, mandate, start: '1767225600' });
const taken = (payer: string, mandate: string): MandatePlacesEvent => ({ type: 'MandatePlaceTaken/1', data: placeOf(payer, mandate) });
/** So many of one wallet. */
const many = (payer: string, count: number) => Array.from({ length: count }, (_, each) => taken(payer, `${payer}.${each}`));

describe('a place for a mandate', () => {
  it('is taken once', () => {
    const [first] = given(mandatePlaces, [])
      .when((state) => takePlace(state, placeOf(customer, 'a')))
      .thenAccepts('MandatePlaceTaken/1');
    expect(first?.data).toEqual(placeOf(customer, 'a'));
    given(mandatePlaces, [...many(customer, walletPlacesMax - 1), taken(customer, 'a')])
      .when((state) => takePlace(state, placeOf(customer, 'a')))
      .thenRepeats(BigInt(walletPlacesMax - 1));
  });

  it('is refused to a wallet that has as many as one may have, and to no other', () => {
    const full = many(stranger, walletPlacesMax);
    given(mandatePlaces, full)
      .when((state) => takePlace(state, placeOf(stranger, 'a')))
      .thenRejects({ code: 'mandates_too_many', most: '10' });
    given(mandatePlaces, full)
      .when((state) => takePlace(state, placeOf(customer, 'a')))
      .thenAccepts('MandatePlaceTaken/1');
  });

  it('is refused to everybody where all wallets have as many as an account may have', () => {
    const full = [1, 2, 3, 4, 5].flatMap((each) => many(wallet(each), walletPlacesMax));
    expect(full).toHaveLength(accountPlacesMax);
    given(mandatePlaces, full)
      .when((state) => takePlace(state, placeOf(customer, 'a')))
      .thenRejects({ code: 'mandates_too_many', most: '50' });
  });

  it('is that of a mandate that is over, which is freed by it', () => {
    const full = many(customer, walletPlacesMax);
    const over = new Set([`${customer}.3`, 'of another account']);
    const events = given(mandatePlaces, full)
      .when((state) => takePlace(state, placeOf(customer, 'a'), over))
      .thenAccepts('MandatePlaceTaken/1', 'MandatePlaceFreed/1');
    expect(events[1]?.data).toEqual({ account, mandate: `${customer}.3` });
    given(mandatePlaces, [...full, ...events])
      .when((state) => takePlace(state, placeOf(customer, 'b')))
      .thenRejects({ code: 'mandates_too_many', most: '10' });
  });
});

describe('the places of an account', () => {
  const today = '2026-03-01T00:00:00.000Z';
  const daysAgo = (days: number) => new Date(Date.parse(today) - days * 86_400_000).toISOString();
  let store: MemoryEventStore;
  let now: string;

  beforeEach(() => {
    [store, now] = [new MemoryEventStore(), today];
  });

  /** As another process would. */
  const take = (key: string, asked: MandateOffered) =>
    new MandatePlaces({ executor: executionOn(store).executor, clock: { now: () => now } }).take(envelope(key), asked);
  /** A mandate that is set up at a link now. */
  const asking = (key: string, payer = customer): MandateOffered => {
    const start = (Date.parse(now) / 1000).toString();
    const own = { ...terms, payer, salt: BigInt(hashOf(key)).toString(), start, end: (BigInt(start) + 31_536_000n).toString() };
    return { ...offered, mandate: mandateDigest(own, place), terms: own, byPayer: true };
  };
  const write = (of: MandateOffered, ...events: MandateEvent[]) =>
    executionOn(store).executor.execute({
      ...{ aggregate: mandate, stream: mandateStream('demo', of.mandate), envelope: envelope(`write ${of.mandate} ${events.length}`) },
      decide: () => accept<MandateEvent>({ type: 'MandateOffered/1', data: of }, ...events),
    });
  const setUp = async (key: string, { payer = customer, at = today, more = [] as MandateEvent[] } = {}) => {
    now = at;
    const asked = asking(key, payer);
    expect(await take(key, asked)).toMatchObject({ mandate: asked.mandate });
    await write(asked, ...more);
    now = today;
    return asked.mandate;
  };
  const fill = async (payer = customer, more: MandateEvent[] = [], at = today, count = walletPlacesMax) => {
    for (let each = 0; each < count; each++) await setUp(`${payer} ${each}`, { payer, at, more });
  };
  const sign: MandateEvent = { type: 'MandateSigned/1', data: { mandate: '', signature: '0x' } };
  const revoke: MandateEvent = { type: 'MandateRevoked/1', data: { mandate: '', by: 'chain' } };
  const collectAll = [sign, collectionDecided('7', '20000000', '0'), collectionDecided('8', '30000000', '1')];
  const collected = async (...slots: string[]) => {
    for (const slot of slots) {
      const done = { ordered: '0', tx: '0x1', block: { number: '1', hash: '0x1', time: today }, gas: '1', fee: '1' };
      await executionOn(store).executor.execute({
        ...{ aggregate: dispatch, stream: dispatchStream('demo', `collect.${slot}`), envelope: envelope(`done ${slot}`) },
        decide: () => accept<DispatchEvent>(collectOrdered({ slot }), { type: 'DispatchDone/1', data: done }),
      });
    }
  };

  it('are never more than a wallet may have, however many are asked for at once', async () => {
    const answers = await Promise.all(Array.from({ length: walletPlacesMax + 5 }, (_, each) => take(`k${each}`, asking(`k${each}`))));
    expect(answers.filter((answer) => 'code' in answer)).toHaveLength(5);
    const state = await executionOn(store).executor.current(mandatePlaces, mandatePlacesStream('demo', account), 'demo');
    expect(state.taken.size).toBe(walletPlacesMax);
  });

  it.each([
    ['was ended by its wallet', 0, [sign, revoke]],
    ['was offered a day ago, and nobody agreed', 1, []],
    ['was agreed to ninety days ago, and nothing was collected', 90, [sign]],
    ['is out of its time', 365, [sign, collectionDecided('9', '1', '0')]],
    ['was collected to its total', 1, collectAll],
  ])('are free again where a mandate %s', async (_, days, more) => {
    await fill(customer, [sign], today, walletPlacesMax - 1);
    const over = await setUp('over', { at: daysAgo(days), more });
    await collected('7', '8');
    expect(await take('next', asking('next'))).toMatchObject({ mandate: asking('next').mandate });
    const state = await executionOn(store).executor.current(mandatePlaces, mandatePlacesStream('demo', account), 'demo');
    expect(state.taken.has(over)).toBe(false);
    expect(await take('one more', asking('one more'))).toEqual({ code: 'mandates_too_many', most: '10' });
  });

  it.each([
    ['was offered within the day', 0.9, []],
    ['was agreed to within ninety days', 89, [sign]],
    ['was collected from, at any time', 200, [sign, collectionDecided('7', '1', '0')]],
    ['is being collected to its total', 1, collectAll],
  ])('stay taken where a mandate %s', async (_, days, more) => {
    await fill(customer, [sign], today, walletPlacesMax - 1);
    await setUp('stays', { at: daysAgo(days), more });
    await collected('7');
    expect(await take('next', asking('next'))).toEqual({ code: 'mandates_too_many', most: '10' });
  });

  it('are free again a day behind a crash that left one without its mandate', async () => {
    await fill(customer, [sign], today, walletPlacesMax - 1);
    now = daysAgo(1);
    await take('crashed', asking('crashed'));
    now = new Date(Date.parse(today) - 1_000).toISOString();
    expect(await take('next', asking('next'))).toMatchObject({ code: 'mandates_too_many' });
    now = today;
    expect(await take('next', asking('next'))).not.toHaveProperty('code');
  });

  it('are kept from a customer by strangers for ninety days at the most, and their mandates are over then', async () => {
    const strangers = [1, 2, 3, 4, 5].map(wallet);
    for (const each of strangers) await fill(each, [sign], daysAgo(90));
    now = daysAgo(1);
    expect(await take('mine', asking('mine'))).toEqual({ code: 'mandates_too_many', most: '50' });
    now = today;
    expect(await take('mine', asking('mine'))).not.toHaveProperty('code');
    const ends = (await Array.fromAsync(store.readAll())).filter(({ type }) => type === 'MandateRevoked/1');
    expect(ends).toHaveLength(accountPlacesMax);
    expect(ends.every(({ data }) => data.includes('"by":"lapse"'))).toBe(true);
  });
});
