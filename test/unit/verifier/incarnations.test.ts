import { describe, expect, it } from '@jest/globals';
import { LogBuilder } from '../../support/log-builder.ts';
import { MemoryLogSource } from '../../support/memory.log-source.ts';
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
});
