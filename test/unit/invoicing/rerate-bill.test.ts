import { describe, expect, it } from '@jest/globals';
import type { ChargePosted } from '../../../services/accounts/domain/account.events.ts';
import type { BundledLeaf } from '../../../services/integrity/application/proof-bundle.ts';
import { rerateBill } from '../../../services/invoicing/application/rerate-bill.ts';
import { goldenEvents } from '../../support/golden-events.ts';

type Change = (data: string) => string;

/** The golden events of a billed customer as the leaves of a bundle; `change` rewrites payloads of one type. */
function leaves(type = '', change: Change = (data) => data): BundledLeaf[] {
  const events = goldenEvents().map(({ stored }) => stored);
  const issued = events.find((stored) => stored.type === 'InvoiceIssued/1')!;
  const { account } = (JSON.parse(issued.data) as { fin: { account: string } }).fin;
  const own = events.filter(({ stream }) => stream === issued.stream || stream.endsWith(account) || stream.includes('.pricebook-'));
  return own
    .sort((left, right) => Number(left.revision - right.revision))
    .map((stored) => ({
      index: '0',
      entry: base64(JSON.stringify({ type: stored.type, stream: stored.stream, rev: stored.revision.toString() })),
      payload: base64(stored.type === type ? change(stored.data) : stored.data),
      salt: '',
      path: [],
    }));
}

const decoded = (text: string) => Buffer.from(text, 'base64').toString();
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** The usage that the golden charges of the customer state. */
function usage(): { usageRecord: string; band: string; quantity: string }[] {
  return leaves().flatMap(({ payload }) => {
    const { fin } = JSON.parse(Buffer.from(payload!, 'base64').toString()) as {
      fin: { usageRecord?: string; rating?: { band: string; quantity: string } };
    };
    return fin.rating === undefined || fin.usageRecord === undefined ? [] : [{ usageRecord: fin.usageRecord, ...pick(fin.rating) }];
  });
}

const pick = ({ band, quantity }: { band: string; quantity: string }) => ({ band, quantity });

/** A charge of 1.00 behind the invoice that no price version comes to, and the reversal of what stands at the revision. */
function waiting(revision: string, { band, quantity }: { band: string; quantity: string }): [BundledLeaf, BundledLeaf] {
  const closing = leaves().find(({ entry }) => decoded(entry).includes('"ChargesClosed/1"'))!;
  const { stream } = JSON.parse(decoded(closing.entry)) as { stream: string };
  const fin = leaves()
    .map(({ payload }) => (JSON.parse(decoded(payload!)) as { fin: ChargePosted }).fin)
    .find(({ rating }) => rating !== undefined)!;
  const charge = { ...fin, amount: '1.00', usageRecord: 'switch:mistake', rating: { ...fin.rating, band, quantity, exact: '1.00' } };
  const effects = { wallet: '0.00', unbilled: '-1.00', reopened: [] };
  const reversal = {
    account: fin.account,
    reverses: { event: '', revision, type: 'ChargePosted/1' },
    amount: '1.00',
    currency: fin.currency,
    effects,
  };
  return [leaf({ type: 'ChargePosted/1', stream, rev: '9' }, charge), leaf({ type: 'EntryReversed/1', stream, rev: '10' }, reversal)];
}

function leaf(entry: object, fin: object): BundledLeaf {
  return { index: '0', entry: base64(JSON.stringify(entry)), payload: base64(JSON.stringify({ fin })), salt: '', path: [] };
}

function rewritten(leaf: BundledLeaf, type: string, change: Change): BundledLeaf {
  return decoded(leaf.entry).includes(`"${type}"`) ? { ...leaf, payload: base64(change(decoded(leaf.payload!))) } : leaf;
}

describe('[D16] a bill computed again from the published rules', () => {
  it('is the same, from the usage that the charges state and from the customer’s own', () => {
    const own = usage();
    expect(own.length).toBeGreaterThan(0);
    for (const counted of [undefined, own]) {
      const { charges, invoices, differences } = rerateBill(leaves(), counted);
      expect([charges, differences]).toEqual([own.length, []]);
      expect(invoices).toMatchObject([{ number: 'INV-000001', total: '30.04', currency: 'EUR' }]);
    }
  });

  it('is another one where a price, an amount, a line or a rounding is not what the rules come to', () => {
    const dearer = rerateBill(leaves('PriceBookPublished/1', (data) => data.replaceAll(/"rate":"([^"]+)"/g, '"rate":"9"')));
    expect(dearer.differences[0]).toMatch(/^revision \d+ \(usage record .+\): charged \S+ EUR, the rules come to/);
    const charged = rerateBill(leaves('ChargePosted/1', (data) => data.replaceAll('"exact":"', '"exact":"1')));
    expect(charged.differences[0]).toContain('the rules come to');
    const line = rerateBill(leaves('InvoiceIssued/1', (data) => data.replace('"0.14"', '"0.15"')));
    expect(line.differences).toEqual(['invoice INV-000001: the rules come to another document']);
    const closing = rerateBill(leaves('ChargesClosed/1', (data) => data.replace(/"net":"[^"]+"/, '"net":"31.00"')));
    expect(closing.differences).toEqual([expect.stringContaining('do not add up')]);
  });

  it('is another one where the customer counted other usage', () => {
    const own = usage();
    const [first, ...rest] = own as [(typeof own)[number], ...typeof own];
    expect(rerateBill(leaves(), [{ ...first, quantity: '1000' }, ...rest]).differences[0]).toContain('the rules come to');
    expect(rerateBill(leaves(), rest).differences[0]).toContain('the usage does not have this record');
    expect(rerateBill(leaves(), [...own, { ...first, usageRecord: 'switch:forgotten' }]).differences).toEqual([
      'usage record switch:forgotten was not charged',
    ]);
  });

  describe('with a charge that was taken back', () => {
    const overcharged = (data: string) => data.replaceAll('"exact":"', '"exact":"1');

    it('is the same where no invoice has the charge: it is told, and neither computed nor missed', () => {
      const own = usage();
      const [first] = own as [(typeof own)[number]];
      const [mistake, reversal] = waiting('9', first);
      for (const counted of [undefined, own, [...own, { ...pick(first), usageRecord: 'switch:mistake' }]]) {
        const { charges, takenBack, differences } = rerateBill([...leaves(), mistake, reversal], counted);
        expect([charges, takenBack, differences]).toEqual([own.length, ['revision 9 (usage record switch:mistake)'], []]);
      }
      expect(rerateBill([...leaves(), mistake], own).differences).toHaveLength(1);
    });

    it('is the same where the invoice leaves the charge off', () => {
      const reversed = leaves('EntryReversed/1', (data) => data.replace('"revision":"3"', '"revision":"2"'));
      const { takenBack, differences } = rerateBill(reversed.map((leaf) => rewritten(leaf, 'ChargePosted/1', overcharged)));
      expect(takenBack).toEqual([expect.stringContaining('revision 2')]);
      // The golden invoice has this charge, so that the document is another one; the charge itself is no difference.
      expect(differences).toEqual([expect.stringContaining('do not add up')]);
    });

    it.each([
      ['gives less back', (data: string) => data.replaceAll('"-1.00"', '"-0.50"')],
      ['names another charge', (data: string) => data.replace('"revision":"9"', '"revision":"1"')],
    ])('is another one where the reversal %s', (_, change) => {
      const [mistake, reversal] = waiting('9', usage()[0]!);
      const { takenBack, differences } = rerateBill([...leaves(), mistake, rewritten(reversal, 'EntryReversed/1', change)]);
      expect([takenBack, differences]).toEqual([[], [expect.stringMatching(/^revision 9 .*the rules come to/)]]);
    });

    it('is another one where the invoice has the charge, and a reversal behind it names it', () => {
      const [, reversal] = waiting('2', usage()[0]!);
      const { takenBack, differences } = rerateBill([...leaves('ChargePosted/1', overcharged), reversal]);
      expect([takenBack, differences[0]]).toEqual([[], expect.stringContaining('the rules come to')]);
    });
  });

  it('says what is not there', () => {
    const without = (type: string) => leaves().filter(({ entry }) => !Buffer.from(entry, 'base64').toString().includes(type));
    expect(rerateBill(without('PriceBookPublished/1')).differences[0]).toContain('its price version is not there');
    expect(rerateBill(without('ChargesClosed/1')).differences).toEqual(['invoice INV-000001: the closing of its charges is not there']);
    expect(rerateBill(without('"rev":"2"')).differences.at(-1)).toBe('invoice INV-000001: not all of its events are there');
  });
});
