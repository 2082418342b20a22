import { describe, expect, it } from '@jest/globals';
import { checkCadence } from '../../../verifier/checks/cadence.ts';
import { newChecks } from '../../../verifier/checks/check.ts';
import type { FinalAnchor } from '../../../verifier/chain/anchors.check.ts';
import type { LogPolicy } from '../../../verifier/log/policy.ts';
import { parseAuditPolicy, policyVersion } from '../../../verifier/policy/audit-policy.ts';
import { ProgressLine } from '../../../verifier/report/progress-line.ts';
import { LogBuilder } from '../../support/log-builder.ts';
import { MemoryLogSource } from '../../support/memory.log-source.ts';
import { TestWitness } from '../../support/test-witness.ts';
import { summaryOf, verifyFiles } from '../../support/verify-files.ts';

const witnesses = ['alpha.example/w', 'beta.example/w', 'gamma.example/w'].map((name) => new TestWitness(name));
const vkeys = witnesses.map(({ vkey }) => vkey);
const policy = (members: object) => parseAuditPolicy(JSON.stringify({ v: policyVersion, ...members }));

describe('a policy file', () => {
  it('says what an auditor asks of a log', () => {
    const genesis = 'AB'.repeat(32);
    const read = policy({
      ...{
        log: 'https://ledger.example/logs/north/',
        genesis: `0x${genesis}`,
        contract: `0x${'C'.repeat(40)}`,
        rpc: ['https://node.example'],
      },
      witnesses: { quorum: '2', vkeys, ageSecondsMax: '3600' },
      gaps: { secondsMax: '7200', tolerated: [{ from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z', why: 'the chain stood still' }] },
    });
    expect(read).toMatchObject({ genesis: genesis.toLowerCase(), contract: `0x${'c'.repeat(40)}`, rpc: ['https://node.example'] });
    expect(read.witnesses).toMatchObject({ quorum: 2, ageSecondsMax: 3600 });
    expect(read.gaps?.tolerated).toEqual([{ from: 1_772_323_200, to: 1_772_409_600, why: 'the chain stood still' }]);
  });

  it.each<[string, object]>([
    ['another version', { v: 'tallyroot-audit-policy/2' }],
    ['a member that is misspelt', { witness: {} }],
    ['a genesis that is no hash', { genesis: 'abc' }],
    ['a node that is no URL', { rpc: ['node.example'] }],
    ['a quorum of nobody', { witnesses: { quorum: '0', vkeys } }],
    ['a quorum of more than there are', { witnesses: { quorum: '4', vkeys } }],
    ['one hand that counts twice', { witnesses: { quorum: '2', vkeys: [vkeys[0], vkeys[0]] } }],
    ['a key of a log where a witness belongs', { witnesses: { quorum: '1', vkeys: [new LogBuilder().policy.vkey] } }],
    ['a number that is none', { gaps: { secondsMax: 7200 } }],
    ['a gap that nobody explains', { gaps: { tolerated: [{ from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z', why: ' ' }] } }],
    ['an instant that does not exist', { gaps: { tolerated: [{ from: '2026-13-01T00:00:00Z', to: '2026-03-02T00:00:00Z', why: 'x' }] } }],
  ])('is refused with %s', (_, members) => expect(() => policy(members)).toThrow(RangeError));

  it('that is no JSON, or no object, is refused', () => {
    for (const text of ['', '{', '[]', 'null', '"x"']) expect(() => parseAuditPolicy(text)).toThrow(RangeError);
  });
});

describe('[E3] a quorum of witnesses', () => {
  const log = new LogBuilder();
  log.move('1.00');
  const now = Math.floor(Date.now() / 1000);
  const verify = (checkpoint: Buffer, { quorum, isLive = true }: { quorum: string; isLive?: boolean }) => {
    const source = new MemoryLogSource(log.files().set('checkpoint', checkpoint), { isLive });
    return verifyFiles(log, log.files(), { source, witnesses: policy({ witnesses: { quorum, vkeys, ageSecondsMax: '600' } }).witnesses });
  };
  const cosigned = (note: Buffer, count: number, seconds = now) =>
    witnesses.slice(0, count).reduce((cosignedSoFar, witness) => witness.cosign(cosignedSoFar, seconds), note);

  it('that cosigned the head leaves it VALID', async () => {
    expect((await verify(cosigned(log.checkpoint(), 3), { quorum: '3' })).verdict).toBe('VALID');
    expect((await verify(cosigned(log.checkpoint(), 2), { quorum: '2' })).verdict).toBe('VALID');
  });

  it('that is not reached leaves it UNVERIFIABLE, never VALID', async () => {
    const other = witnesses.map((witness) => witness.cosign(log.checkpoint(1), now));
    const moved = other.reduce(
      (note, foreign) => Buffer.concat([note, foreign.subarray(foreign.toString('latin1').lastIndexOf('\n', foreign.length - 2) + 1)]),
      log.checkpoint(),
    );
    for (const note of [log.checkpoint(), cosigned(log.checkpoint(), 2), moved]) {
      const outcome = await verify(note, { quorum: '3' });
      expect(summaryOf(outcome)).toMatchObject({ verdict: 'UNVERIFIABLE', results: { V2: 'unverifiable' } });
    }
  });

  it('that looked long ago counts for a copy, and not for a live log', async () => {
    const old = cosigned(log.checkpoint(), 3, now - 6_000);
    expect((await verify(old, { quorum: '3' })).verdict).toBe('UNVERIFIABLE');
    expect((await verify(old, { quorum: '3', isLive: false })).verdict).toBe('VALID');
    expect((await verify(cosigned(log.checkpoint(), 3, now + 6_000), { quorum: '3' })).verdict).toBe('UNVERIFIABLE');
  });
});

describe('[ATT-30] silence between anchors', () => {
  const listed = { chainId: 1n, contract: `0x${'c'.repeat(40)}` };
  const promised = { chains: [listed], heartbeatSeconds: 100, toleranceSeconds: 10 } as unknown as LogPolicy;
  const anchorAt = (time: number, seq: bigint) => ({ size: seq * 10n, seq, time }) as FinalAnchor;
  const tell = (times: number[], gaps: Parameters<typeof checkCadence>[2]['gaps'], isLive = false) => {
    const { V6 } = newChecks();
    const anchors = new Map([[`1 ${listed.contract}`, times.map((time, place) => anchorAt(time, BigInt(place + 1)))]]);
    checkCadence(V6, promised, { anchors, isLive, gaps });
    return [V6.findings.count, V6.unverifiable.count];
  };

  it('is a finding, unless the policy of the auditor accepts less', () => {
    expect(tell([0, 110, 500], undefined)).toEqual([1, 0]);
    expect(tell([0, 110, 500], { secondsMax: 200, tolerated: [] })).toEqual([0, 1]);
    expect(tell([0, 110, 500], { secondsMax: 400, tolerated: [] })).toEqual([1, 0]);
    expect(tell([0, 110, 500], { secondsMax: 200, tolerated: [{ from: 110, to: 500, why: 'known' }] })).toEqual([1, 0]);
    expect(tell([0, 110, 500], { secondsMax: 200, tolerated: [{ from: 111, to: 500, why: 'too short' }] })).toEqual([0, 1]);
  });

  it('that lasts leaves a live log UNVERIFIABLE, unless it is tolerated', () => {
    const now = Math.floor(Date.now() / 1000);
    expect(tell([now - 1_000], undefined, true)).toEqual([0, 1]);
    expect(
      tell([now - 1_000], { secondsMax: undefined, tolerated: [{ from: now - 1_000, to: now + 1_000, why: 'moving house' }] }, true),
    ).toEqual([1, 0]);
  });
});

describe('progress', () => {
  it('is told at intervals, and at the end', () => {
    const lines: string[] = [];
    let now = 0;
    const progress = new ProgressLine({ write: (text) => lines.push(text) }, () => now);
    for (let leaves = 100; leaves <= 1_000; leaves += 100) {
      now += 3_000;
      progress.tell({ leaves, size: 1_000, from: 0 });
    }
    expect(lines).toEqual([
      '100 of 1000 leaves (10 %), 33/s, 27 s left\n',
      '500 of 1000 leaves (50 %), 33/s, 15 s left\n',
      '900 of 1000 leaves (90 %), 33/s, 3 s left\n',
      '1000 of 1000 leaves (100 %), 33/s, 0 s left\n',
    ]);
  });
});
