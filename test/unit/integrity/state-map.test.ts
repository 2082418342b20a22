import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { checkStateProof, StateMap } from '../../../services/integrity/domain/state-map.ts';
import { type HashText, hashTextOf, noEntry } from '../../../services/integrity/domain/state-map-hash.ts';
import type { StateEntry } from '../../../services/integrity/domain/state-nodes.ts';
import { stateEntryOf, stateKeyOf, stateValueOf } from '../../../services/integrity/domain/committed-state.ts';

/** The definition, word by word, over the whole set: slow, and obviously right. */
function rootByDefinition(entries: readonly StateEntry[], depth = 0): HashText {
  const [only] = entries;
  if (only === undefined) return '\0'.repeat(32);
  if (entries.length === 1) return sha(`\x02${only.key}${only.valueHash}`);
  const bit = (entry: StateEntry) => (entry.key.charCodeAt(Math.floor(depth / 8)) >> (7 - (depth % 8))) & 1;
  const side = (wanted: number) =>
    rootByDefinition(
      entries.filter((entry) => bit(entry) === wanted),
      depth + 1,
    );
  return sha(`\x03${side(0)}${side(1)}`);
}

function sha(bytes: string): HashText {
  return hash('sha256', Buffer.from(bytes, 'latin1'), 'binary');
}

/** Keys with long common beginnings too, which digests would never show. */
const key = fc
  .tuple(fc.constantFrom(0, 1, 7, 8, 30, 31), fc.uint8Array({ minLength: 32, maxLength: 32 }))
  .map(([shared, bytes]) => '\xaa'.repeat(shared) + Buffer.from(bytes).toString('latin1').slice(shared));
const entry = fc.record({ key, valueHash: fc.integer().map((value) => hashTextOf(value.toString())) });
const entries = fc.uniqueArray(entry, { selector: (one) => one.key, maxLength: 60 });

describe('state map', () => {
  it('has the root of the definition', () =>
    fc.assert(fc.property(entries, (set) => expect(StateMap.empty.with(set).root()).toBe(rootByDefinition(set)))));

  it('comes to the same root in whatever order and portions entries arrive', () =>
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 7 }), (set, portion) => {
        const once = StateMap.empty.with(set);
        let grown = StateMap.empty;
        const reversed = [...set].reverse();
        for (let at = 0; at < reversed.length; at += portion) grown = grown.with(reversed.slice(at, at + portion));
        expect(grown.root()).toBe(once.root());
        expect(grown.size).toBe(set.length);
      }),
    ));

  it('replaces the value of a key, and leaves the map it came from as it was', () =>
    fc.assert(
      fc.property(entries, entries, (before, changes) => {
        const old = StateMap.empty.with(before);
        const oldRoot = old.root();
        const merged = new Map([...before, ...changes].map((one) => [one.key, one]));
        expect(old.with(changes).root()).toBe(StateMap.empty.with([...merged.values()]).root());
        expect(old.root()).toBe(oldRoot);
      }),
    ));

  it('is what it was after thousands of later changes, and so is each map on the way', () => {
    const keys = Array.from({ length: 300 }, (_, number) => hashTextOf(`account ${number}`));
    const current = new Map<HashText, StateEntry>();
    const made: { map: StateMap; entries: readonly StateEntry[] }[] = [];
    let map = StateMap.empty;
    for (let round = 0; round < 400; round++) {
      const changes = [3, 5, 7, 11].map((step) => ({
        key: keys[(round * step + step) % keys.length] as HashText,
        valueHash: hashTextOf(`${step} in ${round}`),
      }));
      const distinct = [...new Map(changes.map((change) => [change.key, change])).values()];
      for (const change of distinct) current.set(change.key, change);
      map = map.with(distinct);
      if (round % 20 === 0) made.push({ map, entries: [...current.values()] });
    }
    made.push({ map, entries: [...current.values()] });
    for (const { map: one, entries: held } of made) {
      expect(one.root()).toBe(rootByDefinition(held));
      expect(one.size).toBe(held.length);
      for (const { key: at, valueHash } of held) expect(checkStateProof(one.root(), at, one.prove(at))).toEqual({ valueHash });
    }
  });

  it('takes thousands of entries at once, many of whose keys begin alike', () => {
    const many = Array.from({ length: 5_000 }, (_, number) => {
      const own = hashTextOf(`account ${number}`);
      const shared = number % 3 === 0 ? 4 : 0;
      return { key: '\xaa'.repeat(shared) + own.slice(shared), valueHash: hashTextOf(`${number}`) };
    });
    expect(StateMap.empty.with(many).root()).toBe(rootByDefinition(many));
    expect(StateMap.empty.with(many.slice(0, 3_000)).with(many.slice(2_000)).root()).toBe(rootByDefinition(many));
    expect(() => StateMap.empty.with([...many, many[17] as StateEntry])).toThrow(RangeError);
  });

  it('has two futures where two are made of it', () => {
    const of = (text: string) => Array.from({ length: 50 }, (_, number) => ({ key: hashTextOf(`${number}`), valueHash: hashTextOf(text) }));
    const before = StateMap.empty.with(of('before'));
    const [one, other] = [before.with(of('one').slice(0, 9)), before.with(of('other').slice(3, 30))];
    expect(one.root()).toBe(rootByDefinition([...of('one').slice(0, 9), ...of('before').slice(9)]));
    expect(other.root()).toBe(rootByDefinition([...of('before').slice(0, 3), ...of('other').slice(3, 30), ...of('before').slice(30)]));
    expect(before.root()).toBe(rootByDefinition(of('before')));
  });

  it('proves every entry, and the absence of every other key', () =>
    fc.assert(
      fc.property(entries, key, (set, other) => {
        const map = StateMap.empty.with(set);
        for (const one of set) expect(checkStateProof(map.root(), one.key, map.prove(one.key))).toEqual({ valueHash: one.valueHash });
        if (set.some((one) => one.key === other)) return;
        expect(checkStateProof(map.root(), other, map.prove(other))).toEqual({ valueHash: undefined });
      }),
    ));

  it('refuses a proof with another root, key, value or sibling, and one that was cut or grew', () =>
    fc.assert(
      fc.property(entries, (set) => {
        fc.pre(set.length >= 2);
        const map = StateMap.empty.with(set);
        const [one, two] = set as [StateEntry, StateEntry];
        const { siblings, terminal } = map.prove(one.key);
        const refused = (proof: Parameters<typeof checkStateProof>[2], root = map.root(), at = one.key) =>
          expect(checkStateProof(root, at, proof)?.valueHash).not.toBe(one.valueHash);
        refused({ siblings, terminal }, noEntry);
        refused({ siblings, terminal }, map.root(), two.key);
        refused({ siblings, terminal: { key: one.key, valueHash: hashTextOf('other') } });
        refused({ siblings, terminal: undefined });
        refused({ siblings: siblings.slice(1), terminal });
        refused({ siblings: [...siblings, noEntry], terminal });
        refused({ siblings: siblings.with(0, hashTextOf('other')), terminal });
        refused({ siblings: Array.from({ length: 257 }, () => noEntry), terminal });
        expect(checkStateProof(map.root(), one.key, { siblings: ['short'], terminal })).toBeUndefined();
      }),
    ));

  it('refuses two values for one key', () => {
    const twice = [
      { key: hashTextOf('a'), valueHash: hashTextOf('1') },
      { key: hashTextOf('a'), valueHash: hashTextOf('2') },
    ];
    expect(() => StateMap.empty.with(twice)).toThrow(RangeError);
    expect(() => StateMap.empty.with([...twice, { key: hashTextOf('b'), valueHash: hashTextOf('1') }])).toThrow(RangeError);
  });

  it('refuses what is no hash, and is as it was then', () => {
    const map = StateMap.empty.with([{ key: hashTextOf('a'), valueHash: hashTextOf('1') }]);
    for (const wrong of [
      { key: 'short', valueHash: hashTextOf('2') },
      { key: hashTextOf('b'), valueHash: `${hashTextOf('2')}2` },
    ])
      expect(() => map.with([{ key: hashTextOf('c'), valueHash: hashTextOf('3') }, wrong])).toThrow(RangeError);
    const added = { key: hashTextOf('b'), valueHash: hashTextOf('2') };
    expect(map.with([added]).root()).toBe(rootByDefinition([{ key: hashTextOf('a'), valueHash: hashTextOf('1') }, added]));
  });

  it('commits to balances by the bytes of the specification', () => {
    const balance = { account: 'asset:unbilled:acc_1', currency: 'EUR', balance: -3_000_000n, leaf: 7n };
    expect(stateValueOf(balance)).toBe('{"account":"asset:unbilled:acc_1","balance":"-3.00","currency":"EUR","leaf":"7"}');
    const keyBytes = 'ledger-key/1\0\0\0\x14asset:unbilled:acc_1\0\0\0\x03EUR';
    expect(stateKeyOf('asset:unbilled:acc_1', 'EUR')).toBe(sha(keyBytes));
    expect(StateMap.empty.with([stateEntryOf(balance)]).root()).toBe(
      sha(`\x02${sha(keyBytes)}${sha('{"account":"asset:unbilled:acc_1","balance":"-3.00","currency":"EUR","leaf":"7"}')}`),
    );
  });
});
