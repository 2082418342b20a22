import { describe, expect, it } from '@jest/globals';
import { leafOf } from '../../../services/integrity/domain/leaf.ts';
import { LogBuilder, type LogFolder } from '../../support/log-builder.ts';
import { findingsOf, summaryOf, verifyFiles } from '../../support/verify-files.ts';
import { chains, contract, grow, withLines } from '../../support/varied-logs.ts';

const lost = { data: 'missing', metadata: 'missing' };
const withheld = { data: null, metadata: null };

function without(log: LogBuilder, index: number, fields: object = lost): LogFolder {
  return withLines(log.files(), (line, at) => (at === index ? { ...line, ...fields } : line));
}

/** The accusation would be false: the operator has lost something, or somebody's copy has. */
describe('[ATT-05] [ATT-29] what is not there accuses nobody of what follows from it', () => {
  it.each(['tile/0/000', 'tile/1/000.p/1', 'tile/entries/000', 'payloads/000.jsonl'])('%s, when later files are there', async (name) => {
    const log = grow(new LogBuilder(), 300);
    const files = log.files();
    expect(files.delete(name)).toBe(true);
    const { verdict, results } = summaryOf(await verifyFiles(log, files));
    expect([verdict, Object.values(results ?? {})]).toEqual(['UNVERIFIABLE', expect.not.arrayContaining(['invalid'])]);
  });

  it('invoice numbers, of which the one before is known again where the next can be read', async () => {
    const log = grow(new LogBuilder(), 40);
    expect(log.events[17]).toMatchObject({ type: 'NumberAssigned/1' });
    expect(summaryOf(await verifyFiles(log, without(log, 17)))).toMatchObject({ verdict: 'UNVERIFIABLE', results: { V7: 'unverifiable' } });
    // There is room for one number, not for two.
    const number = (sequence: string) => ({ stream: 'north.series-main', type: 'NumberAssigned/1', fin: { sequence } });
    const index = log.append(number('6'));
    expect(summaryOf(await verifyFiles(log, without(log, 29)))).toMatchObject({ verdict: 'INVALID', firstBad: index });
  });

  it('a change of key or of policy, without which nobody can say who signed the head and which contract is listed', async () => {
    const log = grow(new LogBuilder({ chains }), 8);
    const policy = log.changePolicy({ chains: [{ ...chains[0]!, chainId: '2' }] });
    const key = log.rotateKey();
    log.anchors.push({ chainId: '2', contract, size: 5n });
    expect(summaryOf(await verifyFiles(log, log.files()))).toMatchObject({ verdict: 'VALID' });
    for (const index of [policy, key]) {
      const { verdict, results } = summaryOf(await verifyFiles(log, without(log, index)));
      expect([verdict, results]).toEqual(['UNVERIFIABLE', expect.objectContaining({ V2: 'unverifiable' })]);
    }
  });

  it('the key of a head, unless all keys of the log are known', async () => {
    const log = grow(new LogBuilder(), 8);
    const forged = grow(new LogBuilder(), 8).checkpoint();
    expect(summaryOf(await verifyFiles(log, log.files().set('checkpoint', forged)))).toMatchObject({ results: { V2: 'invalid' } });
  });
});

describe('a payload that is withheld while others are not', () => {
  it('makes V7 and V8 UNVERIFIABLE: the operator could hide what is wrong', async () => {
    const log = grow(new LogBuilder(), 40);
    const results = { V1: 'not checked', V6: 'not checked', V7: 'unverifiable', V8: 'unverifiable' };
    expect(summaryOf(await verifyFiles(log, without(log, 39, withheld)))).toEqual({ verdict: 'UNVERIFIABLE', results });
  });
});

describe('a hostile log', () => {
  it('with a tile of leaves that is too short has no later step that is ok', async () => {
    const log = grow(new LogBuilder(), 300);
    const files = log.files();
    files.set('tile/0/001.p/44', files.get('tile/0/001.p/44')!.subarray(0, 100));
    const late = Object.fromEntries(['V4', 'V5', 'V7', 'V8'].map((id) => [id, 'unverifiable']));
    expect(summaryOf(await verifyFiles(log, files))).toMatchObject({
      verdict: 'INVALID',
      results: { V3: 'invalid', ...late },
      firstBad: 259,
    });
  });

  it('with a tile that is too long is blamed for a leaf that it has', async () => {
    const log = grow(new LogBuilder(), 300);
    const files = log.files();
    files.set('tile/1/000.p/1', Buffer.concat([files.get('tile/1/000.p/1')!, Buffer.alloc(32)]));
    expect(summaryOf(await verifyFiles(log, files))).toMatchObject({ results: { V3: 'invalid' }, firstBad: 0 });
  });

  it.each([
    ['stream', `north.bad-${'x'.repeat(503)}`],
    ['type', `B${'a'.repeat(126)}/1`],
  ])('with a %s that is longer than the format allows fails V4, also where payloads are withheld', async (name, text) => {
    const log = grow(new LogBuilder(), 8);
    log.entries[7] = JSON.stringify({ ...(JSON.parse(log.entries[7]!) as object), [name]: text });
    const files = log.files();
    files.delete('payloads/000.jsonl');
    expect(summaryOf(await verifyFiles(log, files)).results).toMatchObject({ V4: 'invalid' });
  });

  it('cannot put bytes that are no text in the place of a replacement character', async () => {
    const log = grow(new LogBuilder(), 8);
    const fields = { at: log.instant(), body: { by: '\ufffd' }, ms: 'a'.repeat(64), prev: '0'.repeat(64), ps: 'b'.repeat(64) };
    const event = { id: '00000000-0000-4000-a000-000000000000', stream: 'north.x-1', revision: 0n, type: 'X/1', data: '{}' };
    const index = log.appendStored({ ...event, metadata: JSON.stringify(fields) });
    expect(summaryOf(await verifyFiles(log, log.files()))).toMatchObject({ verdict: 'VALID' });
    const stored = Buffer.from(JSON.stringify(fields)).toString('latin1').replace('\u00ef\u00bf\u00bd', '\u00ff');
    const files = without(log, index, { metadata: Buffer.from(stored, 'latin1').toString('base64') });
    expect(summaryOf(await verifyFiles(log, files))).toMatchObject({ verdict: 'INVALID', results: { V7: 'invalid' }, firstBad: index });
  });

  it('whose commitment is no JSON is INVALID', async () => {
    const log = grow(new LogBuilder(), 8);
    const index = log.commitState();
    const event = { ...log.events[index]!, data: 'nonsense' };
    log.events[index] = event;
    log.entries[index] = leafOf(log.origin, event).entry;
    expect(summaryOf(await verifyFiles(log, log.files()))).toMatchObject({
      verdict: 'INVALID',
      results: { V8: 'invalid' },
      firstBad: index,
    });
  });

  it('that drops a currency goes on under the policy before, and its balances are replayed', async () => {
    const log = grow(new LogBuilder(), 8);
    const { currencies } = log.policy;
    const index = log.changePolicy({ currencies: currencies.filter(({ code }) => code !== 'EUR') });
    log.move('1.00');
    log.commitState();
    const outcome = await verifyFiles(log, log.files());
    expect(summaryOf(outcome)).toMatchObject({ verdict: 'INVALID', results: { V2: 'invalid' }, firstBad: index });
    expect(findingsOf(outcome)).toEqual([]);
  });
});
