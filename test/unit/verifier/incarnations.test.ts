import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Json } from '../../../services/event-store/domain/canonical-json.ts';
import { textReport } from '../../../verifier/report/text-report.ts';
import { StateFile } from '../../../verifier/state/state-file.ts';
import type { Outcome } from '../../../verifier/verdict.ts';
import { LogBuilder } from '../../support/log-builder.ts';
import { MemoryLogSource } from '../../support/memory.log-source.ts';
import { answerOf, linesOf, type Promised, promised, receiptsOf } from '../../support/signed-promises.ts';
import { findingsOf, summaryOf, verifyFiles } from '../../support/verify-files.ts';

const unlisted = { V1: 'not checked', V6: 'not checked' };

/** A log that lost its leaves from 6 on. */
function lostLog(): LogBuilder {
  const log = new LogBuilder();
  log.move('1.00');
  log.move('2.00', { account: 'acc_2' });
  log.commitState();
  log.move('3.00');
  log.append({ stream: 'north.series-main', type: 'NumberAssigned/1', fin: { sequence: '1' } });
  log.move('4.00');
  log.append({ stream: 'north.series-main', type: 'NumberAssigned/1', fin: { sequence: '2' } });
  return log;
}

const keptSize = 6;
const idOf = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

function nextIncarnation(log: LogBuilder, options: { size?: number; isForged?: boolean; root?: string } = {}): LogBuilder {
  const next = new LogBuilder({ supersedes: { log, size: keptSize, ...options } });
  next.commitState();
  next.move('5.00', { id: idOf(1) });
  next.append({ stream: 'north.series-main', type: 'NumberAssigned/1', fin: { sequence: '2' }, id: idOf(2) });
  next.move('6.00', { account: 'acc_3', id: idOf(3) });
  next.commitState();
  return next;
}

function verify(next: LogBuilder, log: LogBuilder, files = log.files()) {
  return verifyFiles(next, next.files(), { superseded: [new MemoryLogSource(files)] });
}

describe('[K15] a new incarnation', () => {
  it('goes on with streams, invoice numbers and balances of the log that it supersedes', async () => {
    const log = lostLog();
    const next = nextIncarnation(log);
    const outcome = await verify(next, log);
    expect(summaryOf(outcome)).toEqual({ verdict: 'VALID', results: unlisted, firstBad: undefined });
    expect(findingsOf(outcome)).toContainEqual(['admitted-loss', undefined]);
    // Nothing behind the leaves that are gone on with is needed.
    expect(summaryOf(await verify(next, log, log.files(keptSize)))).toMatchObject({ verdict: 'VALID' });
  });

  it('is UNVERIFIABLE without the log that it supersedes, or with another one', async () => {
    const log = lostLog();
    const next = nextIncarnation(log);
    const missing = { verdict: 'UNVERIFIABLE', results: { ...unlisted, V5: 'unverifiable', V8: 'unverifiable' } };
    expect(summaryOf(await verifyFiles(next, next.files()))).toMatchObject(missing);
    expect(summaryOf(await verify(next, new LogBuilder()))).toMatchObject(missing);
  });

  it('is INVALID where the kept part was changed, cut or is not the one that was shown', async () => {
    const log = lostLog();
    const files = log.files();
    files.set('tile/0/000.p/8', Buffer.from(files.get('tile/0/000.p/8')!.map((byte, at) => (at === 40 ? byte ^ 1 : byte))));
    expect(summaryOf(await verify(nextIncarnation(log), log, files))).toMatchObject({ verdict: 'INVALID', results: { V3: 'invalid' } });
    const otherRoot = nextIncarnation(log, { root: 'ab'.repeat(32) });
    expect(summaryOf(await verify(otherRoot, log))).toMatchObject({ verdict: 'INVALID', results: { V3: 'invalid' } });
    const shorter = await verify(nextIncarnation(log), log, log.files(keptSize - 1));
    expect(summaryOf(shorter)).toMatchObject({ verdict: 'UNVERIFIABLE' });
  });

  it('is INVALID where the recovery key of the superseded log did not sign for it', async () => {
    const log = lostLog();
    const outcome = await verify(nextIncarnation(log, { isForged: true }), log);
    expect(summaryOf(outcome)).toMatchObject({ verdict: 'INVALID', results: { V2: 'invalid' }, firstBad: 0 });
  });

  it('is INVALID where a stream begins again, skips a revision, or builds on a leaf that was lost', async () => {
    const log = lostLog();
    const again = nextIncarnation(log);
    const other = new LogBuilder();
    other.move('7.00');
    again.appendStored({ ...other.events[1]!, id: idOf(4) });
    expect(summaryOf(await verify(again, log))).toMatchObject({ verdict: 'INVALID', results: { V5: 'invalid' }, firstBad: again.size - 1 });
    // The tool of a liar counts one more leaf as kept than its genesis says.
    const liar = new LogBuilder({ supersedes: { log, size: keptSize + 1, root: log.root(keptSize).toString('hex') } });
    liar.move('5.00', { id: idOf(1) });
    expect(summaryOf(await verify(liar, log))).toMatchObject({ verdict: 'INVALID' });
  });

  it('is INVALID where balances were not carried over', async () => {
    const log = lostLog();
    const next = nextIncarnation(log);
    const index = next.commitState(next.size, { stateRoot: '00'.repeat(32) });
    expect(summaryOf(await verify(next, log))).toMatchObject({ verdict: 'INVALID', results: { V8: 'invalid' }, firstBad: index });
  });

  it('names a duplicate of an id that the superseded log holds', async () => {
    const log = lostLog();
    const next = nextIncarnation(log);
    const index = next.move('8.00', { account: 'acc_9', id: log.events[1]!.id });
    const outcome = await verify(next, log);
    expect(findingsOf(outcome)).toContainEqual(['duplicate-id', index]);
  });

  it('reports each receipt for a leaf that was lost as admitted loss, and convicts a log without a leaf that it keeps', async () => {
    const log = lostLog();
    const next = nextIncarnation(log);
    const lost = Array.from({ length: 120 }, (_, number) => ({
      stream: `north.account-acc_${number + 10}`,
      rev: 0,
      leaf: 'c'.repeat(64),
      id: idOf(number),
    }));
    const receipts = (promises: readonly Promised[]) => linesOf([...receiptsOf(log, promises), ...receiptsOf(next, [promised(next, 2)])]);
    const judge = async (promises: readonly Promised[], files = log.files()) => {
      const options = { superseded: [new MemoryLogSource(files)], receipts: receipts(promises) };
      return verifyFiles(next, next.files(), options);
    };
    const outcome = await judge([promised(log, 1), promised(log, keptSize), ...lost]);
    expect(summaryOf(outcome)).toEqual({ verdict: 'VALID', results: unlisted, firstBad: undefined });
    const V10 = 'checks' in outcome ? outcome.checks.find(({ id }) => id === 'V10') : undefined;
    expect(V10?.findings).toHaveLength(1 + lost.length);
    expect(V10?.findings.at(-1)).toMatchObject({
      name: 'admitted-loss',
      message: expect.stringContaining(`receipt 122: event ${idOf(119)}, revision 0 of north.account-acc_129`),
      evidence: { event: idOf(119), stream: 'north.account-acc_129', revision: '0' },
    });
    expect(textReport(outcome as Outcome, undefined)).toContain(`event ${idOf(119)}, revision 0`);
    const other = await judge([{ ...promised(log, 1), leaf: 'b'.repeat(64) }]);
    expect(summaryOf(other)).toMatchObject({ verdict: 'INVALID', results: { V10: 'invalid' } });
    // Nobody knows whether it is lost where the leaves that are kept cannot be read.
    const files = log.files();
    for (const name of [...files.keys()]) if (name.startsWith('tile/entries/')) files.delete(name);
    expect(summaryOf(await judge([lost[0]!], files))).toMatchObject({ verdict: 'UNVERIFIABLE', results: { V10: 'unverifiable' } });
    const alone = await verifyFiles(next, next.files(), { receipts: receipts([lost[0]!]) });
    expect(summaryOf(alone)).toMatchObject({ verdict: 'UNVERIFIABLE', results: { V10: 'unverifiable' } });
  });

  it('answers for balances and invoices that the superseded log began', async () => {
    const log = new LogBuilder();
    log.move('1.00');
    const invoice = { invoice: 'inv_1', account: 'acc_1', currency: 'EUR', number: 'INV-000001', total: '1.00' };
    log.append({ stream: 'north.invoice-inv_1', type: 'InvoiceIssued/1', fin: invoice });
    const paid = { currency: 'EUR', allocations: [{ invoice: 'inv_1', amount: '0.40' }] };
    log.append({ stream: 'north.account-acc_1', type: 'PaymentReceived/1', fin: paid });
    const next = new LogBuilder({ supersedes: { log, size: log.size } });
    next.move('2.00', { id: idOf(1) });
    const balances = (balance: string) => ({ account: 'acc_1', balances: [{ account: 'asset:unbilled:acc_1', balance, currency: 'EUR' }] });
    const judge = (size: number, value: Json) =>
      verifyFiles(next, next.files(), { superseded: [new MemoryLogSource(log.files())], answers: linesOf([answerOf(next, size, value)]) });
    for (const [size, value] of [
      [1, balances('1.00')],
      [2, balances('3.00')],
      [1, { ...invoice, paid: '0.40' }],
    ] as const)
      expect(summaryOf(await judge(size, value))).toMatchObject({ verdict: 'VALID' });
    for (const [size, value] of [
      [2, balances('2.00')],
      [1, { ...invoice, paid: '0.00' }],
    ] as const)
      expect(summaryOf(await judge(size, value))).toMatchObject({ verdict: 'INVALID', results: { V9: 'invalid' } });
  });

  it('is read from its first leaf each time, also where a verification could be resumed', async () => {
    const log = lostLog();
    const next = nextIncarnation(log);
    const file = join(mkdtempSync(join(tmpdir(), 'tallyroot-state-')), 'state');
    const reasons = new Set<string | undefined>();
    for (let time = 0; time < 2; time++) {
      const outcome = await verifyFiles(next, next.files(), {
        superseded: [new MemoryLogSource(log.files())],
        resume: new StateFile(file, { delayMs: 0 }),
        onProgress: ({ anewBecause }) => reasons.add(anewBecause),
      });
      expect(summaryOf(outcome)).toMatchObject({ verdict: 'VALID' });
    }
    expect([...reasons]).toEqual(['a log that goes on with another one is read from its first leaf each time']);
    expect(existsSync(file)).toBe(false);
  });
});
