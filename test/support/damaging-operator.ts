import fc from 'fast-check';
import type { Json } from '../../services/event-store/domain/canonical-json.ts';
import { leafOf, type LeafSource } from '../../services/integrity/domain/leaf.ts';
import { place, swap } from './damaged-copies.ts';
import type { LogBuilder, LogFolder } from './log-builder.ts';
import { contract } from './varied-logs.ts';

const names = fc.constantFrom('stateRoot', 'totals', 'uptoSize', 'fold');
const values = fc.constantFrom<Json>('0'.repeat(64), [], '0', '5', '99', 'other/1', true, [
  { credits: '1.00', currency: 'EUR', debits: '1.00' },
]);
const amounts = fc.constantFrom(
  '1.00',
  '0.00',
  '1',
  '1.000',
  '01.00',
  '-1.00',
  '1.0000001',
  '1e2',
  '1234567890123456.00',
  '999999999999999.999999',
  ' 1.00',
  '1.',
  '.5',
);
const codes = fc.constantFrom('EUR', 'JPY', 'ETH', 'XXX', '');
const accounts = fc.constantFrom('a', '', 'a\u0000', 'ä€😀', ':', '\ud800');
const texts = fc.constantFrom(
  '',
  'nonsense',
  '{}',
  '[]',
  'null',
  '1',
  '{"fin":{}}',
  '{"fin":{"postings":{}}}',
  '{"fin":{"postings":null}}',
  '{"fin":{"postings":[1]}}',
  '{"fin":1,"fin":{}}',
  '{"fin":{"postings":[]},"pii":null}',
  '{"pii":{"a":"b"}}',
  '{"pii":{}}',
  '{"pii":{"":""}}',
  '{"fin":{"fold":"ledger-fold/1"}}',
  `{"pii":{"a":"${'0'.repeat(64)}"}}`,
  '{"fin":{"a":1.5e3}}',
  '\ud800',
  '{"a":"\\ud800"}',
);
const metadataTexts = fc.tuple(
  fc.constantFrom<object>(
    {},
    { at: 'x' },
    { at: '9999-99-99T99:99:99.999Z' },
    { prev: '0'.repeat(63) },
    { prev: '0'.repeat(63) + 'x' },
    { prev: 'x'.repeat(64) },
    { ps: 'A'.repeat(64) },
    { ms: 1 },
    { body: 'text' },
    { body: {} },
    { body: { b: '1', a: '2' } },
    { body: null },
    { extra: 'x' },
  ),
  fc.constantFrom('', ' ', 'x', 'ps', 'prev', 'at', 'body'),
);
const types = fc.constantFrom(
  'Bad/1',
  'bad',
  'Bad/0',
  'Bad/01',
  `B${'a'.repeat(200)}/1`,
  'StateCommitted/1',
  'KeyRotated/1',
  'LogPolicyChanged/1',
  'TimeTicked/1',
  'PersonalDataErased/1',
  'NumberAssigned/1',
);
const streams = fc.constantFrom(
  'north.bad-1',
  'north.log-0',
  'south.bad-1',
  'north.series-main',
  'x.series-y',
  'bad',
  'north.bad-ä',
  `north.bad-${'x'.repeat(600)}`,
  'NORTH.bad-1',
  '',
);

type OperatorDamage = readonly [string, (log: LogBuilder) => LogFolder | void];

/** What an operator can do, who signs the head of what comes of it. */
export const operatorDamage = fc
  .oneof<fc.Arbitrary<OperatorDamage>[]>(
    fc.tuple(place, place).map(([one, other]) => [
      `leaves ${one} and ${other} swapped`,
      (log) => {
        swap(log.entries, one, other);
        swap(log.events, one, other);
      },
    ]),
    fc.tuple(place, fc.boolean()).map(([at, isSealed]) => [
      `amount of event ${at} changed${isSealed ? ' and sealed' : ''}`,
      (log) => {
        const event = log.events[at % log.size] as LeafSource;
        store(log, at, { ...event, data: event.data.replace(/"amount":"\d/, '"amount":"7') }, isSealed);
      },
    ]),
    fc.tuple(place, fc.boolean()).map(([at, hasStreams]) => [
      `leaf ${at} left out`,
      (log) => {
        log.entries.splice(at % log.size, 1);
        log.events.splice(at % log.size, 1);
        if (hasStreams) log.move('1.00');
      },
    ]),
    fc
      .integer({ min: 0, max: 20 })
      .map((size) => [
        `tail from ${size} dropped`,
        (log) => (size === 0 ? new Map([...log.files(1), ['checkpoint', log.checkpoint(0)]]) : log.files(size)),
      ]),
    fc
      .tuple(place, streams)
      .map(([at, stream]) => [
        `id of event ${at} again in ${stream}`,
        (log) => void log.appendStored({ ...(log.events[at % log.size] as LeafSource), stream, revision: revisionIn(log, stream) }),
      ]),
    fc.tuple(streams, types, texts, metadataTexts, place).map(([stream, type, data, [change, more], at]) => [
      `${type} in ${stream} with ${data} and ${JSON.stringify(change)} ${more}`,
      (log) => {
        const before = lastHash(log, stream);
        const fields = { at: log.instant(), body: { by: 'x' }, ms: 'a'.repeat(64), prev: before, ps: 'b'.repeat(64), ...change };
        const text = JSON.stringify(fields);
        const metadata = more === '' || more === ' ' ? `${more}${text}` : text.replace(`"${more}"`, `"${more}x"`);
        const id = `00000000-0000-4000-a000-${String(at).padStart(12, '0')}`;
        log.appendStored({ id, stream, revision: revisionIn(log, stream), type, data, metadata: metadata.replace('\ud800', '\ufffd') });
        log.commitState();
      },
    ]),
    fc.tuple(place, fc.integer({ min: 1, max: 10 }), fc.constantFrom('prev', 'ps', 'ms', 'at')).map(([at, count, name]) => [
      `${count} characters of ${name} of event ${at} changed where it is stored`,
      (log) => {
        const event = log.events[at % log.size] as LeafSource;
        const from = (event.metadata as string).indexOf(`"${name}":"`) + name.length + 4;
        const metadata = `${event.metadata?.slice(0, from)}${'x'.repeat(count)}${event.metadata?.slice(from + count)}`;
        store(log, at, { ...event, metadata }, false);
      },
    ]),
    fc
      .tuple(
        place,
        fc.constantFrom(...'at id log meta pay prev rev stream type v'.split(' ')),
        fc.constantFrom(
          '',
          '0',
          'x',
          '00',
          'invalid:',
          `invalid:${'0'.repeat(64)}`,
          'north.bad-1',
          `north.bad-${'x'.repeat(600)}`,
          '9007199254740993',
        ),
      )
      .map(([at, name, value]) => [
        `${name} of entry ${at} is ${value}`,
        (log) => {
          log.entries[at % log.size] = JSON.stringify({ ...(JSON.parse(log.entries[at % log.size] as string) as object), [name]: value });
        },
      ]),
    fc
      .tuple(fc.integer({ min: 0, max: 40 }), names, values)
      .map(([size, name, value]) => [
        `commitment to ${size} with another ${name}: ${JSON.stringify(value)}`,
        (log) => void log.commitState(Math.min(size, log.size), { [name]: value }),
      ]),
    fc.tuple(amounts, amounts, codes, accounts, fc.boolean()).map(([debit, credit, currency, account, isSame]) => [
      `postings ${debit} ${credit} ${currency} ${JSON.stringify(account)}`,
      (log) => {
        const lines: Json[] = [
          { account, amount: debit, currency, direction: 'debit' },
          { account: 'b', amount: isSame ? debit : credit, currency, direction: 'credit' },
        ];
        const index = log.move('1.00');
        const event = log.events[index] as LeafSource;
        store(log, index, { ...event, data: JSON.stringify({ fin: { postings: lines } }) }, true);
        log.commitState(index);
      },
    ]),
    fc.tuple(fc.constantFrom('rotateKey', 'changePolicy'), fc.boolean()).map(([name, isForged]) => [
      `${name}${isForged ? ' that nobody signed for' : ''}`,
      (log) => {
        if (name === 'rotateKey') log.rotateKey({ isForged });
        else log.changePolicy({ toleranceSeconds: '5' }, { isForged });
      },
    ]),
    fc
      .tuple(
        fc.constantFrom('origin', 'vkey', 'recoveryVkey', 'streamPrefix', 'fold', 'heartbeatSeconds', 'chains', 'currencies'),
        fc.constantFrom<Json>('', 'x', '0', [], [{}], [{ code: 'EUR', ledgerScale: '2', payableScale: '2' }]),
      )
      .map(([name, value]) => [`policy with another ${name}: ${JSON.stringify(value)}`, (log) => void log.changePolicy({ [name]: value })]),
    fc
      .tuple(fc.constantFrom('0', '1', '2', '3', '9', 'x', '01'), fc.boolean())
      .map(([sequence, isNew]) => [
        `invoice number ${sequence} of ${isNew ? 'a new' : 'the same'} series`,
        (log) => void log.append({ stream: `north.series-${isNew ? 'other' : 'main'}`, type: 'NumberAssigned/1', fin: { sequence } }),
      ]),
    fc.tuple(fc.nat({ max: 40 }), fc.boolean(), fc.boolean()).map(([size, isForeign, isOther]) => [
      `anchor of ${size} leaves${isForeign ? ' of another log' : ''}${isOther ? ' with another root' : ''}`,
      (log) =>
        void log.anchors.push({
          ...{ chainId: '1', contract, size: BigInt(size) },
          root: `0x${isOther || size > log.size ? '0'.repeat(64) : log.root(size).toString('hex').toUpperCase()}`,
          ...(isForeign && { logId: `0x${'0'.repeat(64)}` }),
        }),
    ]),
  )
  .map(([about, damage]) => ({ about, damage: (log: LogBuilder) => damage(log) ?? log.files() }));

/** Puts another stored event in the place of one; sealed, its leaf is the one that belongs to it. */
function store(log: LogBuilder, at: number, event: LeafSource, isSealed: boolean): void {
  log.events[at % log.size] = event;
  if (isSealed) log.entries[at % log.size] = leafOf(log.origin, event).entry;
}

function revisionIn(log: LogBuilder, stream: string): bigint {
  return BigInt(log.events.filter((event) => event.stream === stream).length);
}

function lastHash(log: LogBuilder, stream: string): string {
  const index = log.events.findLastIndex((event) => event.stream === stream);
  return index < 0 ? '0'.repeat(64) : log.hashOf(index);
}
