import { describe, expect, it } from '@jest/globals';
import { Check } from '../../../verifier/checks/check.ts';
import { ReceiptsCheck } from '../../../verifier/checks/receipts.check.ts';
import type { CoveringAnchor } from '../../../verifier/checks/time.check.ts';
import { parseVkey } from '../../../verifier/note/vkey.ts';
import { LogBuilder } from '../../support/log-builder.ts';
import { linesOf as lines, mergeDelaySeconds, promised, receiptsOf } from '../../support/signed-promises.ts';
import { findingsOf, summaryOf, verifyFiles } from '../../support/verify-files.ts';

const toleranceSeconds = 300;

/** A log of a few streams. */
function someLog(): LogBuilder {
  const log = new LogBuilder();
  for (let index = 0; index < 5; index++) log.move('1.00', { account: `acc_${index % 2}` });
  return log;
}

/** The check over a whole log with these final anchors. */
function judged(log: LogBuilder, text: string, anchors: readonly CoveringAnchor[] = []) {
  const check = new Check('V10');
  const receipts = new ReceiptsCheck(check, text);
  log.events.forEach(({ stream, revision }, index) => receipts.next(index, stream, revision.toString(), log.hashOf(index)));
  const keys = [parseVkey(log.receipts.vkey)!];
  receipts.finish({ origin: log.origin, keys, anchors, toleranceSeconds, sizeRead: log.size, originsBefore: [], sizeKept: undefined });
  return check;
}

const secondsOf = (text: string) => Date.parse(text) / 1000;
/** Just behind the deadline of a promise made at the first instant. */
const deadline = secondsOf('2026-01-02T03:04:05.000Z') + mergeDelaySeconds + toleranceSeconds;

describe('V10, receipts', () => {
  it('finds the leaf of every receipt, alone or in the answer to a command', async () => {
    const log = someLog();
    const receipts = receiptsOf(
      log,
      [1, 2, 3].map((index) => promised(log, index)),
    );
    for (const text of [
      lines(receipts),
      JSON.stringify(receipts),
      lines(receipts.map((receipt) => ({ id: 'acc_1', receipt }))),
      lines(receipts.slice(1, 2)),
    ])
      expect(summaryOf(await verifyFiles(log, log.files(), { receipts: text }))).toMatchObject({ verdict: 'VALID' });
    const outcome = await verifyFiles(log, log.files(), { receipts: lines(receipts) });
    expect('checks' in outcome && outcome.checks.find(({ id }) => id === 'V10')?.result).toBe('ok');
  });

  it('convicts a log that holds another leaf at the promised place, with the receipt as evidence', async () => {
    const log = someLog();
    const [receipt] = receiptsOf(log, [{ ...promised(log, 2), leaf: 'b'.repeat(64) }]);
    const outcome = await verifyFiles(log, log.files(), { receipts: lines([receipt]) });
    expect(summaryOf(outcome)).toMatchObject({ verdict: 'INVALID', results: { V10: 'invalid' }, firstBad: 2 });
    const problem = 'checks' in outcome ? outcome.checks.find(({ id }) => id === 'V10')?.invalid[0] : undefined;
    expect(problem?.evidence).toEqual({ receipt: JSON.stringify(receipt), found: log.hashOf(2) });
  });

  it('convicts a log whose final anchor is past the deadline of a receipt without its leaf', () => {
    const log = someLog();
    const text = lines(receiptsOf(log, [{ stream: 'north.account-acc_9', rev: 0, leaf: 'a'.repeat(64) }]));
    const check = judged(log, text, [{ size: log.size, time: deadline + 1 }]);
    expect(check.invalid.told).toMatchObject([
      { message: expect.stringContaining('is not in the log'), evidence: { anchoredSize: String(log.size) } },
    ]);
    // At the deadline itself nothing is late, and an anchor of leaves that were not read proves nothing.
    for (const anchor of [
      { size: log.size, time: deadline },
      { size: log.size + 1, time: deadline + 1 },
    ]) {
      const { invalid, unverifiable } = judged(log, text, [anchor]);
      expect([invalid.count, unverifiable.told]).toEqual([0, [{ message: expect.stringContaining('overdue') }]]);
    }
  });

  it('says what came late, and what is not due yet, without a verdict', () => {
    const log = someLog();
    const late = judged(log, lines(receiptsOf(log, [promised(log, 4)])), [
      { size: 4, time: deadline + 1 },
      { size: log.size, time: deadline + 100 },
    ]);
    expect([late.invalid.count, late.findings.told]).toEqual([0, [expect.objectContaining({ name: 'late', index: 4 })]]);
    const now = new Date().toISOString();
    const waiting = judged(log, lines(receiptsOf(log, [{ stream: 'north.account-acc_9', rev: 0, leaf: 'a'.repeat(64), at: now }])));
    expect([waiting.invalid.count, waiting.unverifiable.count, waiting.findings.told]).toEqual([
      ...[0, 0, [expect.objectContaining({ name: 'pending' })]],
    ]);
  });

  it('lets nobody convict a log with a receipt that it did not sign', async () => {
    const log = someLog();
    const lie = { ...promised(log, 2), leaf: 'b'.repeat(64) };
    const [good] = receiptsOf(log, [promised(log, 1)]);
    const other = receiptsOf(log, [lie], new LogBuilder().receipts)[0];
    const [first, second] = receiptsOf(log, [lie, promised(log, 3)]);
    const forged: readonly unknown[] = [
      other,
      { ...first, promise: good!.promise },
      { ...first, index: '1' },
      { ...first, count: '3' },
      { ...first, path: second!.path },
      { ...first, path: [] },
      { ...first, note: 'x' },
      { ...good, promise: Buffer.from('{"v":"tallyroot-promise/1"}').toString('base64') },
      {},
      'text',
      null,
    ];
    for (const receipt of forged) {
      const outcome = await verifyFiles(log, log.files(), { receipts: lines([receipt]) });
      expect([receipt, summaryOf(outcome)]).toEqual([receipt, expect.objectContaining({ verdict: 'UNVERIFIABLE' })]);
    }
    expect(findingsOf(await verifyFiles(log, log.files(), { receipts: '' }))).toEqual([]);
  });
});
