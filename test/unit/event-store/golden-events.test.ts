import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { provider } from '../../../services/access/domain/provider.ts';
import { account } from '../../../services/accounts/domain/account.ts';
import { priceBook } from '../../../services/catalog/domain/price-book.ts';
import { title } from '../../../services/catalog/domain/title.ts';
import { knownEventOf } from '../../../services/commands/application/live-aggregate.ts';
import type { Aggregate, DomainEvent } from '../../../services/commands/domain/aggregate.ts';
import type { Json } from '../../../services/event-store/domain/canonical-json.ts';
import { type LedgerEvent, ledgerEventOf } from '../../../services/event-store/domain/ledger-event.ts';
import { partsOf } from '../../../services/event-store/domain/stream-name.ts';
import { leafOf, sealEvent, zeroHash } from '../../../services/integrity/domain/leaf.ts';
import { invoice } from '../../../services/invoicing/domain/invoice.ts';
import { series } from '../../../services/invoicing/domain/series.ts';
import { eventTypes } from '../../../services/main/event-types.ts';
import { person } from '../../../services/privacy/domain/person.ts';
import { retention } from '../../../services/privacy/domain/retention.ts';
import { creditHolder } from '../../../services/settlement/domain/credit-holder.ts';
import { creditHolding } from '../../../services/settlement/domain/credit-holding.ts';
import { creditTokens } from '../../../services/settlement/domain/credit-token.ts';
import type { DispatchFailed, DispatchFailure } from '../../../services/settlement/domain/dispatch.events.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { mandatePlaces } from '../../../services/settlement/domain/mandate-places.ts';
import { mandate } from '../../../services/settlement/domain/mandate.ts';
import { mappedTitle } from '../../../services/settlement/domain/ppv-event.ts';
import { refundRegister } from '../../../services/settlement/domain/refund-register.ts';
import { knownRate } from '../../../services/settlement/domain/rate-table.ts';
import { settlementProvider } from '../../../services/settlement/domain/settlement-provider.ts';
import { settlement } from '../../../services/settlement/domain/settlement.ts';
import { slot } from '../../../services/settlement/domain/slot.ts';
import { slotRegister } from '../../../services/settlement/domain/slot-register.ts';
import { terms } from '../../../services/settlement/domain/terms.ts';
import { projectRoot } from '../../../services/read-store/project-root.ts';
import { type GoldenEvent, goldenEvents, goldenFileOf, goldenFiles, goldenFolder, goldenStreams } from '../../support/golden-events.ts';

const root = projectRoot(import.meta.dirname);
const everyType = eventTypes.flatMap(({ all }) => all);
const newestTypes = eventTypes.flatMap(({ newest }) => newest);
/** An event in its newest version, by whichever capability knows it. */
const read = (event: LedgerEvent) => eventTypes.map((types) => types.read(event)).find((known) => known !== undefined);

/** Every `'Name/version'` in the write side and the read models, with where it stands. */
function writtenTypes(): { type: string; file: string }[] {
  return ['services', 'projections'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => {
        const text = readFileSync(join(root, folder, file), 'utf8');
        return [...text.matchAll(/'([A-Z][A-Za-z0-9]*\/[1-9][0-9]*)'/g)].map(([, type]) => ({ type: type as string, file }));
      }),
  );
}

describe('the golden files of the events', () => {
  it('are there for every type and version that the code writes or reads, and for no other', () =>
    expect(goldenFiles().toSorted()).toEqual(everyType.map(goldenFileOf).toSorted()));

  it('never change', () => {
    const digests = goldenFiles().map((file) => {
      const digest = createHash('sha256')
        .update(readFileSync(join(goldenFolder, file)))
        .digest('hex');
      return `${digest}  ${file}\n`;
    });
    expect(digests.toSorted()).toEqual(
      readFileSync(join(goldenFolder, 'SHA256SUMS'), 'utf8')
        .split(/(?<=\n)/)
        .toSorted(),
    );
  });

  it.each(goldenEvents().map((golden) => [`${golden.stored.type} at ${golden.stored.stream}@${golden.stored.revision}`, golden] as const))(
    'hold %s, which is read, and written back to the same bytes',
    (_, { origin, leafHash, stored }) => {
      const event = ledgerEventOf(stored);
      if (event === undefined) throw new Error('It is malformed.');
      const known = read(event);
      expect(known).toBeDefined();
      expect(leafOf(origin, stored)).toMatchObject({ hash: leafHash, malformed: false });
      if (known?.type !== stored.type) return; // An earlier version is never written again.
      const { prev: previous, ps: payloadSalt, ms: metadataSalt } = JSON.parse(stored.metadata!) as Record<'prev' | 'ps' | 'ms', string>;
      const { at, body } = event;
      const fin = known.data as Json;
      const { pii } = JSON.parse(stored.data) as { pii?: Readonly<Record<string, string>> };
      const sealed = sealEvent({ ...stored, origin, fin, pii, body: body as unknown as Json, at, previous, payloadSalt, metadataSalt });
      expect({ data: sealed.data, metadata: sealed.metadata, leaf: sealed.leaf.hash }).toEqual({
        data: stored.data,
        metadata: stored.metadata,
        leaf: leafHash,
      });
    },
  );

  it('hold every code by which nothing comes of an order', () => {
    const codes: Readonly<Record<DispatchFailure['code'], true>> = {
      ...{ reverted: true, gas_above_ceiling: true, approval_ineffective: true, balance_short: true, allowance_short: true },
      ...{ mandate_revoked: true, payment_reversed: true, expired: true, spending_limit: true, nothing_left: true },
    };
    const failed = goldenEvents().filter(({ stored }) => stored.type === 'DispatchFailed/1');
    const held = failed.map(({ stored }) => (JSON.parse(stored.data) as { fin: DispatchFailed }).fin.failure.code);
    expect([...new Set(held)].toSorted()).toEqual(Object.keys(codes).toSorted());
  });

  it('hold every form of what was added to a type later', () => {
    const has = (type: string, field: string) =>
      goldenEvents().some(({ stored }) => stored.type === type && field in (JSON.parse(stored.data) as { fin: object }).fin);
    const added = [
      ...(['deadline', 'reorgWindowSeconds', 'evidence'] as const).map((field) => ['RedemptionOffered/1', field] as const),
      ...(['CollectionDecided/1', 'CollectOrdered/1'] as const).map((type) => [type, 'byPayer'] as const),
      ['TitleCaptured/1', 'overpaid'] as const,
      ['CreditMoved/1', 'postings'] as const,
    ];
    expect(added.filter(([type, field]) => !has(type, field))).toEqual([]);
  });

  it('are whole streams, of which each event names the leaf before it', () => {
    for (const events of goldenStreams().values()) {
      let previous = zeroHash;
      for (const [index, { stored, leafHash }] of events.entries()) {
        expect(stored.revision).toBe(BigInt(index));
        expect(JSON.parse(stored.metadata!)).toMatchObject({ prev: previous });
        previous = leafHash;
      }
    }
  });
});

describe('the code', () => {
  it('names no event type that is unknown, or not the newest of its name', () => {
    expect(writtenTypes().filter(({ type }) => !newestTypes.includes(type))).toEqual([]);
  });

  it('folds every golden stream of an aggregate', () => {
    const folds: Readonly<Record<string, (events: readonly GoldenEvent[]) => object>> = {
      account: foldOf(account),
      creditHolder: foldOf(creditHolder),
      creditHolding: foldOf(creditHolding),
      creditToken: foldOf(creditTokens),
      dispatch: foldOf(dispatch),
      invoice: foldOf(invoice),
      mandate: foldOf(mandate),
      mandatePlaces: foldOf(mandatePlaces),
      person: foldOf(person),
      ppvEvent: foldOf(mappedTitle),
      pricebook: foldOf(priceBook),
      provider: foldOf(provider),
      rate: foldOf(knownRate),
      refunds: foldOf(refundRegister),
      retention: foldOf(retention),
      series: foldOf(series),
      settlementProvider: foldOf(settlementProvider),
      slot: foldOf(slot),
      settlement: foldOf(settlement),
      slots: foldOf(slotRegister),
      terms: foldOf(terms),
      title: foldOf(title),
    };
    const states = [...goldenStreams()].flatMap(([stream, events]) => folds[partsOf(stream)!.kind]?.(events) ?? []);
    expect(states).toHaveLength(goldenStreams().size - 1); // The system stream has no aggregate.
    expect(states.map((state) => (state as { status?: string }).status).toSorted()).toEqual([
      ...[
        'allocated',
        'cancelled',
        'closed',
        'closed',
        'done',
        'erased',
        ...['failed', 'failed', 'failed', 'failed', 'failed', 'failed'],
        ...['finalized', 'finalized', 'finalized'],
        'issued',
        'moved',
        'named',
        'open',
        'open',
        'published',
        'published',
        'registered',
        'reorged',
        'revoked',
        'scheduled',
        ...['sending', 'sending', 'sending', 'sending', 'sending', 'sending'],
        'set',
      ],
      ...[undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined],
    ]);
  });
});

function foldOf<State extends object, Event extends DomainEvent>(aggregate: Aggregate<State, Event>) {
  return (golden: readonly GoldenEvent[]): State =>
    golden.reduce((state, { stored }) => {
      const { id, revision } = stored;
      return aggregate.evolve(state, { event: knownEventOf(aggregate, stored).event, id, revision });
    }, aggregate.initial);
}

describe('docs/reference/events.md', () => {
  it('lists every newest type, and no other', () => {
    const page = readFileSync(join(root, 'docs', 'reference', 'events.md'), 'utf8');
    const rows = page
      .slice(0, page.indexOf('\n## '))
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    const listed = rows.flatMap((row) => [...(row.split('|')[1] as string).matchAll(/`([^`]+)`/g)].map(([, type]) => type));
    expect(listed.toSorted()).toEqual(newestTypes.toSorted());
  });
});
