import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { leafOf } from '../../../services/integrity/domain/leaf.ts';
import { LogBuilder, type LogFolder } from '../../support/log-builder.ts';
import { MemoryLogSource } from '../../support/memory.log-source.ts';
import { findingsOf, summaryOf, verifyFiles } from '../../support/verify-files.ts';

const contract = `0x${'c'.repeat(40)}`;
const chains = [{ chainId: '1', contract, fromBlock: '0', codeHash: `0x${'d'.repeat(64)}` }];
/** What is not checked without a chain. */
const unlisted = { V1: 'not checked', V6: 'not checked' };

/** An honest log of a few streams, with commitments to its balances. */
function honestLog(options: ConstructorParameters<typeof LogBuilder>[0] = {}): LogBuilder {
  const log = new LogBuilder(options);
  for (let index = 0; index < 6; index++) log.move(`${index + 1}.00`, { account: `acc_${index % 2}` });
  log.commitState();
  log.move('0.50');
  return log;
}

/** The operator writes history anew: leaf, tiles and head are all made again. */
function rewritten(log: LogBuilder, index: number, change: (data: string) => string): LogFolder {
  const event = { ...log.events[index]!, data: change(log.events[index]!.data) };
  log.events[index] = event;
  log.entries[index] = leafOf(log.origin, event).entry;
  return log.files();
}

describe('an honest log', () => {
  it('is VALID, also when everything is looked at in depth', async () => {
    const log = honestLog();
    for (const isDeep of [false, true])
      expect(summaryOf(await verifyFiles(log, log.files(), { isDeep }))).toEqual({ verdict: 'VALID', results: unlisted });
  });

  it('is VALID at every size, around full tiles too', async () => {
    const log = new LogBuilder();
    while (log.size < 515) log.move('1.00', { account: `acc_${log.size % 3}` });
    for (const size of [1, 2, 3, 255, 256, 257, 511, 512, 513]) {
      const outcome = await verifyFiles(log, log.files(size));
      expect([size, summaryOf(outcome)]).toEqual([size, { verdict: 'VALID', results: unlisted }]);
      expect(outcome).toMatchObject({ size, provenSize: size, counts: { leaves: size, opened: size, withheld: 0 } });
    }
  });

  it('is VALID for a reader who may not see payloads, and says that they were not checked', async () => {
    const log = honestLog();
    const refused = new MemoryLogSource(log.files(), { refused: ['payloads/'] });
    const results = { ...unlisted, V7: 'not checked', V8: 'not checked' };
    expect(summaryOf(await verifyFiles(log, log.files(), { source: refused }))).toEqual({ verdict: 'VALID', results });
    expect(refused.asked.filter((path) => path.startsWith('payloads/'))).toHaveLength(1);
    const withheld = log.files();
    const lines = withheld.get('payloads/000.jsonl')!.toString().trimEnd().split('\n');
    const hidden = lines.map((line, index) => (index === 0 ? line : JSON.stringify({ ...JSON.parse(line), data: null, metadata: null })));
    withheld.set('payloads/000.jsonl', Buffer.from(`${hidden.join('\n')}\n`));
    expect(summaryOf(await verifyFiles(log, withheld))).toEqual({ verdict: 'VALID', results });
  });
});

describe('[ATT-01] an event rewritten after anchoring', () => {
  it('is INVALID by the root that was anchored, although leaf, tiles and head were made again', async () => {
    const log = honestLog({ chains });
    log.anchors.push({ chainId: '1', contract, size: BigInt(log.size), root: `0x${log.root().toString('hex')}` });
    const files = rewritten(log, log.size - 1, (data) => data.replaceAll('0.50', '0.40'));
    expect(summaryOf(await verifyFiles(log, files))).toMatchObject({ verdict: 'INVALID', results: { V3: 'invalid' } });
  });

  it('is INVALID by the next event of its stream even without an anchor', async () => {
    const log = honestLog();
    const files = rewritten(log, 1, (data) => data.replaceAll('1.00', '9.00'));
    expect(summaryOf(await verifyFiles(log, files))).toEqual({
      verdict: 'INVALID',
      results: { ...unlisted, V5: 'invalid', V8: 'invalid' },
      firstBad: 3,
    });
  });
});

describe('[ATT-03] a changed order', () => {
  it('is INVALID inside a stream', async () => {
    const log = honestLog();
    [log.entries[1], log.entries[3]] = [log.entries[3]!, log.entries[1]!];
    [log.events[1], log.events[3]] = [log.events[3]!, log.events[1]!];
    expect(summaryOf(await verifyFiles(log, log.files()))).toMatchObject({ verdict: 'INVALID', results: { V5: 'invalid' }, firstBad: 1 });
  });

  it('is INVALID under the head that was signed before', async () => {
    const log = honestLog();
    const head = log.checkpoint();
    [log.entries[1], log.entries[2]] = [log.entries[2]!, log.entries[1]!];
    [log.events[1], log.events[2]] = [log.events[2]!, log.events[1]!];
    const outcome = await verifyFiles(log, log.files().set('checkpoint', head));
    expect(summaryOf(outcome)).toMatchObject({ verdict: 'INVALID', results: { V3: 'invalid' } });
  });
});

describe('[ATT-04] a tail that was cut', () => {
  it('is INVALID where the log itself states an anchor of more leaves', async () => {
    const log = honestLog({ chains });
    log.anchors.push({ chainId: '1', contract, size: BigInt(log.size) });
    expect(summaryOf(await verifyFiles(log, log.files(log.size - 1)))).toMatchObject({ verdict: 'INVALID', results: { V2: 'invalid' } });
  });

  it('leaves an event out of a stream: INVALID', async () => {
    const log = honestLog();
    log.entries.splice(3, 1);
    log.events.splice(3, 1);
    expect(summaryOf(await verifyFiles(log, log.files()))).toMatchObject({ verdict: 'INVALID', results: { V5: 'invalid' }, firstBad: 4 });
  });
});

describe('[ATT-05] [ATT-29] what is not there', () => {
  it('is UNVERIFIABLE where the event store has lost an event, which is named', async () => {
    const log = honestLog();
    const files = log.files();
    const lines = files.get('payloads/000.jsonl')!.toString().split('\n');
    lines[4] = JSON.stringify({ ...JSON.parse(lines[4]!), data: 'missing', metadata: 'missing' });
    const outcome = await verifyFiles(log, files.set('payloads/000.jsonl', Buffer.from(lines.join('\n'))));
    expect(summaryOf(outcome)).toEqual({ verdict: 'UNVERIFIABLE', results: { ...unlisted, V7: 'unverifiable', V8: 'unverifiable' } });
    expect(findingsOf(outcome)).toEqual([['missing-payload', 4]]);
  });

  it.each([
    ['tile/0/', { V3: 'unverifiable', V4: 'unverifiable', V5: 'unverifiable' }],
    ['tile/1/', { V3: 'unverifiable' }],
    ['tile/entries/', { V4: 'unverifiable', V5: 'unverifiable' }],
    ['checkpoint', undefined],
    ['genesis.json', undefined],
  ])('is UNVERIFIABLE where %s is withheld, and the verifier says what', async (path, results) => {
    const log = new LogBuilder();
    while (log.size < 300) log.move('1.00');
    const files = log.files();
    const without: LogFolder = new Map([...files].filter(([name]) => !name.startsWith(path)));
    const sources = [new MemoryLogSource(without), new MemoryLogSource(files, { refused: [path] })];
    for (const source of sources) {
      const outcome = await verifyFiles(log, files, { source });
      expect(summaryOf(outcome)).toMatchObject({ verdict: 'UNVERIFIABLE', ...(results && { results }) });
      expect(JSON.stringify(outcome)).toContain(path);
    }
  });

  it('never asks on for a log that states more leaves than it can show', async () => {
    const log = honestLog();
    for (const size of [2n ** 40n, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
      const source = new MemoryLogSource(log.files().set('checkpoint', log.checkpoint(Number(size), log.root())));
      expect(summaryOf(await verifyFiles(log, log.files(), { source }))).toMatchObject({
        verdict: expect.stringMatching(/INVALID|UNVERIFIABLE/),
      });
      expect(source.asked.length).toBeLessThan(100);
    }
  });
});

describe('[ATT-08] a rogue contract or log', () => {
  it('is INVALID where the auditor expects another contract', async () => {
    const log = honestLog({ chains });
    expect(summaryOf(await verifyFiles(log, log.files(), { contract }))).toMatchObject({ verdict: 'VALID' });
    const other = await verifyFiles(log, log.files(), { contract: `0x${'e'.repeat(40)}` });
    expect(summaryOf(other)).toMatchObject({ verdict: 'INVALID', results: { V1: 'invalid' } });
  });

  it('is INVALID where an anchor is stated of another log or in a contract that nobody listed', async () => {
    for (const rogue of [{ logId: `0x${'0'.repeat(64)}` }, { contract: `0x${'e'.repeat(40)}` }, { chainId: '2' }]) {
      const log = honestLog({ chains });
      log.anchors.push({ chainId: '1', contract, size: 3n, ...rogue });
      expect(summaryOf(await verifyFiles(log, log.files()))).toMatchObject({ verdict: 'INVALID', results: { V1: 'invalid' } });
    }
  });

  it('[ATT-34] is INVALID for another genesis than the one asked for', async () => {
    const [log, other] = [honestLog(), honestLog()];
    expect(await verifyFiles(other, log.files())).toMatchObject({ verdict: 'INVALID', reason: expect.stringContaining(log.genesisHash) });
    const mixed = log.files().set('genesis.json', other.files().get('genesis.json')!);
    expect(summaryOf(await verifyFiles(other, mixed))).toMatchObject({ verdict: 'INVALID', firstBad: 0 });
  });
});

describe('[ATT-14] [ATT-16] [ATT-17] [ATT-18] balances', () => {
  it.each([
    ['another root', { stateRoot: 'a'.repeat(64) }],
    ['other totals', { totals: [{ currency: 'EUR', debits: '21.00', credits: '20.00' }] }],
    ['a currency left out', { totals: [] }],
    ['more leaves than there are', { uptoSize: '99' }],
    ['a size that is none', { uptoSize: '-1' }],
    ['another size', { uptoSize: '3' }],
  ])('that are committed to with %s are INVALID', async (_, change) => {
    const log = honestLog();
    const index = log.commitState(log.size, change);
    expect(summaryOf(await verifyFiles(log, log.files()))).toEqual({
      verdict: 'INVALID',
      results: { ...unlisted, V8: 'invalid' },
      firstBad: index,
    });
  });

  it('are INVALID where an event does not balance, by name', async () => {
    const log = honestLog();
    const line = { account: 'asset:cash:card', amount: '5.00', currency: 'EUR', direction: 'debit' };
    const postings = [line, { ...line, account: 'revenue:tv', amount: '4.00', direction: 'credit' }];
    const index = log.append({ stream: 'north.account-acc_9', type: 'ChargePosted/1', fin: { postings } });
    log.commitState();
    expect(summaryOf(await verifyFiles(log, log.files()))).toMatchObject({ verdict: 'INVALID', firstBad: index });
  });

  it('are compared at a size that was folded past already, by reading the log again', async () => {
    const log = honestLog();
    const size = log.size;
    log.move('1.00');
    for (const uptoSize of [log.size, size, size - 3]) log.commitState(uptoSize);
    const outcome = await verifyFiles(log, log.files());
    expect(summaryOf(outcome)).toEqual({ verdict: 'VALID', results: unlisted });
    expect(outcome).toMatchObject({ counts: { commitments: 4 } });
  });

  it('[ATT-35] are UNVERIFIABLE under a fold that the verifier does not know; it runs no code of the log', async () => {
    const log = honestLog();
    log.commitState(log.size, { fold: 'https://example.com/fold.js' });
    const outcome = await verifyFiles(log, log.files());
    expect(summaryOf(outcome)).toEqual({ verdict: 'UNVERIFIABLE', results: { ...unlisted, V8: 'unverifiable' } });
  });
});

describe('an event written behind the port', () => {
  const bare = { stream: 'north.bad-1', revision: 0n, type: 'Bad/1', data: '{"fin":{}}', metadata: undefined };
  const metadata = (change: object) => {
    const fields = { at: '2026-01-02T03:04:05.678Z', body: { command: 'x' }, ms: 'a'.repeat(64), prev: '0'.repeat(64), ps: 'b'.repeat(64) };
    return JSON.stringify({ ...fields, ...change });
  };
  const nested = (levels: number): unknown[] => (levels === 1 ? [] : [nested(levels - 1)]);
  const money = '{"fin":{"postings":[{"account":"a","amount":"1.00","currency":"EUR","direction":"debit"}]}}';

  it.each([
    ['without metadata', {}],
    ['with metadata that is no JSON', { metadata: 'nonsense' }],
    ['with metadata that is not canonical', { metadata: ` ${metadata({})}` }],
    ['with a number in its metadata', { metadata: metadata({ body: { count: 1 } }) }],
    ['with metadata nested deeper than the format allows', { metadata: metadata({ body: nested(256) }) }],
    [
      'with metadata nested deeper than any stack',
      { metadata: metadata({ body: 'x' }).replace('"x"', `${'['.repeat(1e5)}${']'.repeat(1e5)}`) },
    ],
    ['with a field too many', { metadata: metadata({ zzz: 'x' }) }],
    ['with a bad salt', { metadata: metadata({ ps: 'short' }) }],
    ['with a bad instant', { metadata: metadata({ at: 'yesterday' }) }],
    ['with a bad prev', { metadata: metadata({ prev: 'nothing' }) }],
    ['with a stream outside the pattern', { stream: 'north.bad stream', metadata: metadata({}) }],
    ['with a stream name that is too long', { stream: `north.bad-${'x'.repeat(600)}`, metadata: metadata({}) }],
    ['with a type outside the pattern', { type: 'bad', metadata: metadata({}) }],
    ['that posts without a counterpart', { data: money }],
    ['with data that is no JSON', { data: 'nonsense' }],
    ['with empty data', { data: '' }],
  ])('%s is a leaf and a finding, and the log stays VALID', async (_, change) => {
    const log = honestLog();
    const index = log.appendStored({ ...bare, id: randomUUID(), ...change });
    log.move('1.00');
    log.commitState();
    for (const isDeep of [false, true]) {
      const outcome = await verifyFiles(log, log.files(), { isDeep });
      expect(summaryOf(outcome)).toEqual({ verdict: 'VALID', results: unlisted });
      expect(findingsOf(outcome)).toContainEqual(['format', index]);
    }
  });

  it('with metadata nested as deep as the format allows is well formed', async () => {
    const log = honestLog();
    log.appendStored({ ...bare, id: randomUUID(), metadata: metadata({ body: nested(255) }) });
    expect(findingsOf(await verifyFiles(log, log.files(), { isDeep: true }))).toEqual([]);
  });

  it('is seen as malformed by its entry alone where payloads are withheld', async () => {
    const log = honestLog();
    const index = log.appendStored({ ...bare, id: randomUUID() });
    const source = new MemoryLogSource(log.files(), { refused: ['payloads/'] });
    const outcome = await verifyFiles(log, log.files(), { source });
    expect([outcome.verdict, findingsOf(outcome)]).toEqual(['VALID', [['format', index]]]);
  });

  it('with the id of another event is a finding and posts nothing', async () => {
    const log = honestLog();
    const { id } = log.events[2]!;
    const index = log.appendStored({ ...log.events[2]!, id, stream: 'north.account-acc_7', revision: 0n });
    const outcome = await verifyFiles(log, log.files());
    expect([outcome.verdict, findingsOf(outcome)]).toEqual(['VALID', [['duplicate-id', index]]]);
  });

  it('with a payload that is not canonical is found in depth only', async () => {
    const log = honestLog();
    const index = log.appendStored({ ...bare, id: randomUUID(), data: '{ "fin": 1 }', metadata: metadata({}) });
    expect(findingsOf(await verifyFiles(log, log.files()))).toEqual([]);
    const outcome = await verifyFiles(log, log.files(), { isDeep: true });
    expect([outcome.verdict, findingsOf(outcome)]).toEqual(['VALID', [['format', index]]]);
  });

  it('with a revision out of turn is INVALID: a stream may not have holes', async () => {
    const log = honestLog();
    const index = log.appendStored({ ...bare, id: randomUUID(), revision: 7n, metadata: metadata({}) });
    expect(summaryOf(await verifyFiles(log, log.files()))).toMatchObject({ verdict: 'INVALID', firstBad: index });
  });
});

describe('policies and keys', () => {
  it('go on under a policy that the recovery key signed', async () => {
    const log = honestLog();
    log.changePolicy({ heartbeatSeconds: '60' });
    log.changePolicy({ heartbeatSeconds: '70' });
    expect(summaryOf(await verifyFiles(log, log.files()))).toEqual({ verdict: 'VALID', results: unlisted });
  });

  it.each([
    ['signed by the log key only', {}, true],
    ['that changes a scale', { currencies: [{ code: 'EUR', ledgerScale: '2', payableScale: '2' }] }, false],
    ['that names another origin', { origin: 'elsewhere' }, false],
  ])('[ATT-24] are INVALID with a policy %s', async (_, change, isForged) => {
    const log = honestLog();
    const index = log.changePolicy(change, { isForged });
    expect(summaryOf(await verifyFiles(log, log.files()))).toMatchObject({
      verdict: 'INVALID',
      results: { V2: 'invalid' },
      firstBad: index,
    });
  });

  it('follow a key that was rotated, and no key that only a thief vouches for', async () => {
    const log = honestLog();
    log.rotateKey();
    log.move('1.00');
    expect(summaryOf(await verifyFiles(log, log.files()))).toEqual({ verdict: 'VALID', results: unlisted });
    const index = log.rotateKey({ isForged: true });
    expect(summaryOf(await verifyFiles(log, log.files()))).toMatchObject({
      verdict: 'INVALID',
      results: { V2: 'invalid' },
      firstBad: index,
    });
  });

  it('take no key again that was given up, whoever repeats the leaf that brought it', async () => {
    const log = honestLog();
    const first = log.rotateKey();
    log.rotateKey();
    const { fin } = JSON.parse(log.events[first]?.data as string) as { fin: { vkey: string; signature: string } };
    const index = log.append({ stream: log.systemStream, type: 'KeyRotated/1', fin });
    expect(summaryOf(await verifyFiles(log, log.files()))).toMatchObject({
      verdict: 'INVALID',
      results: { V2: 'invalid' },
      firstBad: index,
    });
  });

  it('take for a tick only what is one', async () => {
    const log = honestLog();
    log.append({ stream: log.systemStream, type: 'NumberAssigned/1', fin: { sequence: '1' } });
    expect(summaryOf(await verifyFiles(log, log.files()))).toEqual({ verdict: 'VALID', results: unlisted });
  });

  it('take a policy only from the stream of the log', async () => {
    const log = honestLog();
    log.append({ stream: 'north.account-acc_0', type: 'LogPolicyChanged/1', fin: { any: 'thing' } });
    expect(summaryOf(await verifyFiles(log, log.files()))).toEqual({ verdict: 'VALID', results: unlisted });
  });
});

describe('invoice numbers', () => {
  it('are INVALID with a gap', async () => {
    const log = honestLog();
    const assign = (sequence: string) => log.append({ stream: 'north.series-main', type: 'NumberAssigned/1', fin: { sequence } });
    for (const sequence of ['1', '2', '3']) assign(sequence);
    expect(summaryOf(await verifyFiles(log, log.files()))).toEqual({ verdict: 'VALID', results: unlisted });
    const index = assign('5');
    expect(summaryOf(await verifyFiles(log, log.files()))).toMatchObject({
      verdict: 'INVALID',
      results: { V7: 'invalid' },
      firstBad: index,
    });
  });
});
