import { describe, expect, it } from '@jest/globals';
import { canonicalJson } from '../../../services/event-store/domain/canonical-json.ts';
import { personalCommitment } from '../../../services/integrity/domain/leaf.ts';
import { parsePersonalOpenings } from '../../../verifier/log/personal-data.ts';
import { LogBuilder } from '../../support/log-builder.ts';
import { findingsOf, summaryOf, verifyFiles } from '../../support/verify-files.ts';

const unlisted = { V1: 'not checked', V6: 'not checked' };
const valid = { verdict: 'VALID', results: unlisted };
const salt = 'a7'.repeat(32);

const textOf = (name: string) => canonicalJson({ name });
const eventIdOf = (log: LogBuilder, index: number) => log.events[index]!.id;

/** Puts a commitment to somebody's name into a log and answers the index of its leaf. */
function record(log: LogBuilder, subject: string, name: string): number {
  const pii = { [subject]: personalCommitment(salt, textOf(name)) };
  return log.append({ stream: `north.person-${subject}`, type: 'PersonalDataRecorded/1', fin: { subject }, pii });
}

function erase(log: LogBuilder, fin: Readonly<Record<string, string | readonly string[]>>, stream = log.systemStream): number {
  return log.append({ stream, type: 'PersonalDataErased/1', fin });
}

/** A line of a file of personal data. */
function opening(log: LogBuilder, index: number, subject: string, name: string): string {
  const data = Buffer.from(textOf(name)).toString('base64');
  return `${JSON.stringify({ event: eventIdOf(log, index), subject, salt, data })}\n`;
}

describe('[E11] the verifier', () => {
  it('[attack 32] says VALID of a log with erased personal data, and counts them', async () => {
    const log = new LogBuilder();
    log.move('12.00');
    const [ada] = [record(log, 'per_ada', 'Ada'), record(log, 'per_ada', 'Ada King'), record(log, 'per_bob', 'Bob')];
    erase(log, { subject: 'per_ada', reason: 'subject_request' });
    log.commitState();
    const outcome = await verifyFiles(log, log.files());
    expect(summaryOf(outcome)).toEqual(valid);
    expect(outcome).toMatchObject({ counts: { personal: { committed: 3, opened: 0, erased: 2, unopened: 1 } } });
    expect(findingsOf(outcome)).toEqual([]);
    // The financial part of the same event cannot go with it.
    const files = log.files();
    const lines = files.get('payloads/000.jsonl')!.toString().split('\n');
    for (const gone of ['missing', null]) {
      lines[ada] = JSON.stringify({ ...(JSON.parse(lines[ada]!) as object), data: gone, metadata: gone });
      files.set('payloads/000.jsonl', Buffer.from(lines.join('\n')));
      expect(summaryOf(await verifyFiles(log, files))).toMatchObject({ verdict: 'UNVERIFIABLE' });
    }
  });

  it('opens commitments with what is handed over', async () => {
    const log = new LogBuilder();
    const first = record(log, 'per_ada', 'Ada');
    const second = record(log, 'per_bob', 'Bob');
    const personalData = parsePersonalOpenings(opening(log, first, 'per_ada', 'Ada') + opening(log, second, 'per_bob', 'Bob'));
    const inExport = `${JSON.stringify({ status: 'held', openings: [JSON.parse(opening(log, first, 'per_ada', 'Ada'))] })}\n`;
    expect(parsePersonalOpenings(inExport)).toEqual(personalData.slice(0, 1));
    const outcome = await verifyFiles(log, log.files(), { personalData });
    expect(summaryOf(outcome)).toEqual(valid);
    expect(outcome).toMatchObject({ counts: { personal: { committed: 2, opened: 2, erased: 0, unopened: 0 } } });
  });

  it('is not content with data that the log does not commit to, and does not blame the log for them', async () => {
    const log = new LogBuilder();
    const index = record(log, 'per_ada', 'Ada');
    for (const line of [opening(log, index, 'per_ada', 'Eve'), opening(log, index, 'per_eve', 'Ada'), opening(log, 0, 'per_ada', 'Ada')]) {
      const outcome = await verifyFiles(log, log.files(), { personalData: parsePersonalOpenings(line) });
      expect(summaryOf(outcome)).toEqual({ verdict: 'UNVERIFIABLE', results: { ...unlisted, V7: 'unverifiable' } });
    }
  });

  it('takes an erasure from the system stream alone, and only with a subject and a reason', async () => {
    const log = new LogBuilder();
    record(log, 'per_ada', 'Ada');
    erase(log, { subject: 'per_ada', reason: 'subject_request' }, 'north.person-per_ada');
    const [nameless, groundless] = [erase(log, { reason: 'x' }), erase(log, { subject: 'per_ada' })];
    const outcome = await verifyFiles(log, log.files());
    expect(outcome).toMatchObject({ verdict: 'VALID', counts: { personal: { erased: 0, unopened: 1 } } });
    expect(findingsOf(outcome)).toEqual([
      ['format', nameless],
      ['format', groundless],
    ]);
  });

  it('counts the versions that an erasure names, and the others not', async () => {
    const log = new LogBuilder();
    const [first] = [record(log, 'per_ada', 'Ada'), record(log, 'per_ada', 'Ada King')];
    erase(log, { subject: 'per_ada', reason: 'retention_period', events: [eventIdOf(log, first)] });
    const outcome = await verifyFiles(log, log.files());
    expect(outcome).toMatchObject({ verdict: 'VALID', counts: { personal: { committed: 2, erased: 1, unopened: 1 } } });
  });

  it('finds personal data of somebody who is erased already, and a `pii` that is none', async () => {
    const log = new LogBuilder();
    record(log, 'per_ada', 'Ada');
    erase(log, { subject: 'per_ada', reason: 'subject_request' });
    const after = record(log, 'per_ada', 'Ada again');
    const broken = log.append({ stream: 'north.person-per_x', type: 'PersonalDataRecorded/1', fin: {}, pii: { per_x: 'Ada Lovelace' } });
    const outcome = await verifyFiles(log, log.files());
    expect(findingsOf(outcome)).toEqual([
      ['erased-subject', after],
      ['format', broken],
    ]);
    expect(outcome).toMatchObject({ verdict: 'VALID', counts: { personal: { committed: 2, erased: 1, unopened: 1 } } });
  });

  it('refuses a file of personal data that cannot be read, and names the line', () => {
    const log = new LogBuilder();
    const line = opening(log, 0, 'per_ada', 'Ada');
    const fields = JSON.parse(line) as object;
    for (const wrong of ['{', '[]', '{}', JSON.stringify({ ...fields, salt: 'a7' }), JSON.stringify({ ...fields, data: 'x' })])
      expect(() => parsePersonalOpenings(`${line}${wrong}\n`)).toThrow('line 2');
  });
});
