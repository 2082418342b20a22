import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isObject } from '../../../verifier/log/canonical-json.ts';
import { HeadsFile } from '../../../verifier/state/heads-file.ts';
import { StateFile, StateFileError } from '../../../verifier/state/state-file.ts';
import type { Outcome, Unopened } from '../../../verifier/verdict.ts';
import type { Progress, VerifyOptions } from '../../../verifier/verify.ts';
import { LogBuilder, type LogFolder } from '../../support/log-builder.ts';
import { MemoryLogSource } from '../../support/memory.log-source.ts';
import { findingsOf, summaryOf, verifyFiles } from '../../support/verify-files.ts';

let folder: string;
let files = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyroot-resuming-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

const newPath = () => join(folder, `state-${files++}`);

/** Streams, numbers, commitments, a new policy, a new key, findings: all that a later leaf can depend on. */
function grow(log: LogBuilder, size: number): void {
  while (log.size < size) {
    const { size: index } = log;
    if (index % 97 === 1) log.commitState();
    else if (index % 61 === 1) log.append({ stream: 'north.series-main', type: 'NumberAssigned/1', fin: { sequence: nextNumber(log) } });
    else if (index % 40 === 3)
      log.append({ stream: 'north.person-per_1', type: 'PersonalDataRecorded/1', fin: {}, pii: { [`per_${index % 3}`]: 'a7'.repeat(32) } });
    else if (index % 320 === 19)
      log.append({ stream: log.systemStream, type: 'PersonalDataErased/1', fin: { subject: 'per_1', reason: 'subject_request' } });
    else if (index === 300) log.changePolicy({ heartbeatSeconds: '60' });
    else if (index === 400) log.rotateKey();
    else if (index % 150 === 7) log.appendStored({ ...log.events[1]!, stream: `north.copy-${index}`, revision: 0n });
    else if (index % 180 === 9)
      log.appendStored({
        ...log.events[5]!,
        id: `${String(index).padStart(8, '0')}-0000-4000-8000-000000000000`,
        metadata: '{}',
        stream: `north.bad-${index}`,
        revision: 0n,
      });
    else log.move(`${index}.00`, { account: `acc_${index % 5}` });
  }
}

function nextNumber({ events }: LogBuilder): string {
  return String(events.filter(({ type }) => type === 'NumberAssigned/1').length + 1);
}

/** Verifies with a state file, and tells with which leaf it began, and with which ones it began again. */
async function verify(log: LogBuilder, path: string, options: Partial<VerifyOptions> = {}, delayMs = 0) {
  const told: Progress[] = [];
  const resume = new StateFile(path, { delayMs });
  const outcome = await verifyFiles(log, log.files(), { resume, onProgress: (progress) => told.push(progress), ...options });
  const begun = told.map(({ from }) => from).filter((from, place, all) => from !== all[place - 1]);
  return { outcome, begun, from: begun[0], anewBecause: told[0]?.anewBecause };
}

/** All that an outcome says, without where it comes from. */
function toldBy(outcome: Outcome | Unopened): unknown {
  const { source: _, ...told } = isObject(outcome) && 'source' in outcome ? outcome : { ...outcome, source: undefined };
  return told;
}

describe('a verification that goes on', () => {
  it('comes to the very same outcome as one that begins with the first leaf', async () => {
    const log = new LogBuilder();
    const path = newPath();
    const begun: (number | undefined)[] = [];
    for (const size of [200, 256, 300, 700, 711, 1_300]) {
      grow(log, size);
      const { outcome, from } = await verify(log, path);
      begun.push(from);
      const whole = await verifyFiles(log, log.files());
      expect(toldBy(outcome)).toEqual(toldBy(whole));
      expect([outcome.verdict, findingsOf(outcome).length > 0]).toEqual(['VALID', true]);
    }
    expect(begun).toEqual([0, 0, 256, 256, 512, 512]);
  });

  it('reads none of the leaves that it read before', async () => {
    const log = new LogBuilder();
    grow(log, 1_000);
    const path = newPath();
    await verify(log, path);
    const source = new MemoryLogSource(log.files());
    await verify(log, path, { source });
    const asked = source.asked.filter((name) => /^(tile\/0|tile\/entries|payloads)\//.test(name));
    // Leaf 907 has an id that stood before: those behind leaf 768 are read once more when that is known.
    expect(asked.sort()).toEqual(['payloads/003.jsonl', 'tile/0/003.p/232', 'tile/entries/003.p/232'].flatMap((name) => [name, name]));
  });

  it('goes on where it was killed', async () => {
    const log = new LogBuilder();
    grow(log, 1_000);
    const path = newPath();
    const source = new MemoryLogSource(log.files());
    const read = source.read.bind(source);
    source.read = async (name, bytesMax) => {
      if (name.startsWith('tile/0/003')) throw new Error('killed');
      return read(name, bytesMax);
    };
    await expect(verify(log, path, { source })).rejects.toThrow('killed');
    expect(await verify(log, path)).toMatchObject({ from: 768, outcome: { verdict: 'VALID' } });
  });

  it('sees that leaves of an earlier verification were rewritten, all tiles and the head included', async () => {
    const log = new LogBuilder();
    grow(log, 600);
    const path = newPath();
    expect((await verify(log, path)).outcome.verdict).toBe('VALID');
    log.entries[100] = log.entries[100]!.replace(/"at":"2026/, '"at":"2025');
    expect((await verify(log, path)).from).toBe(512);
    expect(summaryOf((await verify(log, path)).outcome)).toMatchObject({ verdict: 'INVALID', results: { V3: 'invalid' } });
  });

  it('holds anchors that the log states later against the leaves that it does not read again', async () => {
    const contract = `0x${'c'.repeat(40)}`;
    const log = new LogBuilder({ chains: [{ chainId: '1', contract, fromBlock: '0', codeHash: `0x${'d'.repeat(64)}` }] });
    grow(log, 600);
    const path = newPath();
    await verify(log, path);
    log.anchors.push({ chainId: '1', contract, size: 77n }, { chainId: '1', contract, size: 300n });
    expect(await verify(log, path)).toMatchObject({ from: 512, outcome: { verdict: 'VALID' } });
    log.anchors.push({ chainId: '1', contract, size: 301n, root: `0x${'a'.repeat(64)}` });
    const { outcome, from } = await verify(log, path);
    expect([from, summaryOf(outcome)]).toMatchObject([512, { verdict: 'INVALID', results: { V3: 'invalid' } }]);
  });

  it('does not go on behind leaves that were wrong, or missing', async () => {
    const log = new LogBuilder();
    grow(log, 600);
    const path = newPath();
    const broken = log.files();
    broken.set('payloads/001.jsonl', Buffer.from(broken.get('payloads/001.jsonl')!.toString().replace('"data":"', '"data":"A')));
    await verify(log, path, { source: new MemoryLogSource(broken) });
    expect(await verify(log, path)).toMatchObject({ from: 256, outcome: { verdict: 'VALID' } });
  });

  it.each<[string, Partial<VerifyOptions>, RegExp]>([
    ['to be deeper', { isDeep: true }, /canonical/],
    ['to ask a chain', { isOffline: false, rpcUrls: ['http://127.0.0.1:9'] }, /^$/],
  ])('begins anew where it has %s', async (_, options, reason) => {
    const log = new LogBuilder();
    grow(log, 300);
    const path = newPath();
    await verify(log, path);
    const { from, anewBecause } = await verify(log, path, options);
    expect([from, anewBecause ?? '']).toEqual([reason.source === '^$' ? 256 : 0, expect.stringMatching(reason)]);
  });

  it('accuses nobody of what an interrupted verification was shown, and no head ever led to', async () => {
    const log = new LogBuilder();
    grow(log, 600);
    const path = newPath();
    await verify(log, path);
    const honest = { entries: [...log.entries], events: [...log.events] };
    log.entries.splice(520);
    log.events.splice(520);
    while (log.size < 900) log.move('9.00');
    const source = new MemoryLogSource(log.files());
    const read = source.read.bind(source);
    source.read = async (name, bytesMax) => {
      if (name.startsWith('tile/0/003')) throw new Error('killed');
      return read(name, bytesMax);
    };
    await expect(verify(log, path, { source })).rejects.toThrow('killed');
    log.entries.splice(0, Infinity, ...honest.entries);
    log.events.splice(0, Infinity, ...honest.events);
    grow(log, 1_000);
    // Not bound, what is behind leaf 512 counts only as long as it agrees; then an id that stands twice, leaf 757, is found on the way.
    expect(await verify(log, path)).toMatchObject({ begun: [768, 512, 768], outcome: { verdict: 'VALID' } });
  });

  it('begins anew when a token opens what was withheld', async () => {
    const log = new LogBuilder();
    grow(log, 300);
    const path = newPath();
    const closed = new MemoryLogSource(log.files(), { refused: ['payloads/'] });
    expect(summaryOf((await verify(log, path, { source: closed })).outcome)).toMatchObject({ results: { V7: 'not checked' } });
    expect((await verify(log, path, { source: closed })).from).toBe(256);
    const open = Object.assign(new MemoryLogSource(log.files()), { hasToken: true });
    const { outcome, from, anewBecause } = await verify(log, path, { source: open });
    expect([from, anewBecause, outcome]).toMatchObject([
      0,
      /payloads/.exec(anewBecause ?? '')?.input,
      { verdict: 'VALID', counts: { withheld: 0 } },
    ]);
  });

  it('begins anew for another log, and leaves nothing of the one before', async () => {
    const [one, other] = [new LogBuilder(), new LogBuilder({ slug: 'south' })];
    grow(one, 300);
    while (other.size < 300) other.move('1.00');
    const path = newPath();
    await verify(one, path);
    expect(await verify(other, path)).toMatchObject({ from: 0, outcome: { verdict: 'VALID' } });
    expect(await verify(other, path)).toMatchObject({ from: 256, outcome: { verdict: 'VALID' } });
  });
});

describe('a state file', () => {
  it('that is damaged anywhere is never believed', async () => {
    const log = new LogBuilder();
    grow(log, 300);
    const path = newPath();
    await verify(log, path);
    const whole = readFileSync(path);
    for (const at of [0, 20, 30, 60, 200, Math.floor(whole.length / 2), whole.length - 1]) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 1;
      writeFileSync(path, damaged);
      expect(() => new StateFile(path).load()).toThrow(StateFileError);
    }
    writeFileSync(path, whole.subarray(0, -10));
    expect(() => new StateFile(path).load()).toThrow(StateFileError);
    writeFileSync(path, whole);
    expect(new StateFile(path).load()?.point.pass.size).toBe(256);
  });
});

describe('[ATT-02] [ATT-06] remembered heads', () => {
  const verifyWith = (
    log: LogBuilder,
    note: Buffer,
    { isLive = false, files: shown = log.files() }: { isLive?: boolean; files?: LogFolder } = {},
  ) => verifyFiles(log, shown, { source: new MemoryLogSource(shown, { isLive }), heads: [{ note, from: 'a customer' }] });

  it('of this log leave it VALID, at whatever size', async () => {
    const log = new LogBuilder();
    grow(log, 300);
    for (const size of [1, 2, 100, 256, 299, 300]) expect((await verifyWith(log, log.checkpoint(size))).verdict).toBe('VALID');
  });

  it('of another tree make it INVALID, and both heads are the evidence', async () => {
    const log = new LogBuilder();
    grow(log, 300);
    for (const size of [100, 300]) {
      const outcome = await verifyWith(log, log.checkpoint(size, Buffer.alloc(32, 7)));
      expect(summaryOf(outcome)).toMatchObject({ verdict: 'INVALID', results: { V3: 'invalid' } });
      expect(JSON.stringify(outcome)).toContain(Buffer.alloc(32, 7).toString('base64'));
    }
  });

  it('of more leaves make a live log INVALID, and a copy old', async () => {
    const log = new LogBuilder();
    grow(log, 300);
    const head = log.checkpoint();
    const shorter = log.files(280);
    expect((await verifyWith(log, head, { isLive: true, files: shorter })).verdict).toBe('INVALID');
    expect((await verifyWith(log, head, { files: shorter })).verdict).toBe('UNVERIFIABLE');
  });

  it('that nobody of the log signed prove nothing', async () => {
    const [log, other] = [new LogBuilder(), new LogBuilder()];
    grow(log, 300);
    const forged = other.checkpoint(1, Buffer.alloc(32, 7)).toString().replaceAll(other.origin, log.origin);
    const outcome = await verifyWith(log, Buffer.from(forged));
    expect([outcome.verdict, findingsOf(outcome)]).toMatchObject(['VALID', expect.arrayContaining([['foreign-head', undefined]])]);
    expect((await verifyWith(log, other.checkpoint(1, Buffer.alloc(32, 7)))).verdict).toBe('VALID');
    expect((await verifyWith(log, Buffer.from('nonsense'))).verdict).toBe('VALID');
  });

  it('are kept in a file that survives a line cut off by a crash', () => {
    const log = new LogBuilder();
    const path = newPath();
    const heads = new HeadsFile(path);
    heads.add(log.checkpoint(1));
    heads.add(log.checkpoint(1));
    writeFileSync(path, '{"seen":"2026-01-01T00:0', { flag: 'a' });
    const again = new HeadsFile(path);
    again.add(log.checkpoint(1, Buffer.alloc(32, 7)));
    expect(new HeadsFile(path).heads.map(({ note }) => note)).toEqual([log.checkpoint(1), log.checkpoint(1, Buffer.alloc(32, 7))]);
    writeFileSync(path, 'nonsense\n', { flag: 'a' });
    expect(() => new HeadsFile(path)).toThrow(/Line 4/);
  });
});
