import { describe, expect } from '@jest/globals';
import { personalCommitment } from '../../services/integrity/domain/leaf.ts';
import { verifyFiles } from '../support/verify-files.ts';
import { honestLog } from './built-logs.ts';
import { simulate, verdictOf } from './simulate.ts';

describe('attacks by erasure', () => {
  simulate(32, 'erases whom it has cheated', async () => {
    const log = honestLog();
    const pii = { per_1: personalCommitment('a7'.repeat(32), '{"name":"Ada"}') };
    const person = 'north.person-per_1';
    log.append({ stream: person, type: 'PersonalDataRecorded/1', fin: { account: 'acc_1', subject: 'per_1' }, pii });
    log.move('99.00', { account: 'acc_1' });
    log.append({ stream: log.systemStream, type: 'PersonalDataErased/1', fin: { subject: 'per_1', reason: 'subject_request' } });
    log.commitState();
    const outcome = await verifyFiles(log, log.files());
    expect(outcome).toMatchObject({ counts: { personal: { committed: 1, erased: 1, unopened: 0 } } });
    // What was charged is not among what can be erased: without it nobody says VALID.
    const files = log.files();
    const lines = files.get('payloads/000.jsonl')!.toString().split('\n');
    const charge = log.size - 3;
    lines[charge] = JSON.stringify({ ...(JSON.parse(lines[charge]!) as object), data: null, metadata: null });
    files.set('payloads/000.jsonl', Buffer.from(lines.join('\n')));
    expect(verdictOf(await verifyFiles(log, files))).toBe('UNVERIFIABLE');
    return verdictOf(outcome);
  });
});
