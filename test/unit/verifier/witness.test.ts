import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { cosignatureOf } from '../../../verifier/note/cosignature.ts';
import { parseNote } from '../../../verifier/note/signed-note.ts';
import type { SignedHead } from '../../../verifier/note/tree-head.ts';
import { type NoteKey, parseVkey } from '../../../verifier/note/vkey.ts';
import { newWitnessKey, readWitnessKey } from '../../../verifier/note/witness-key.ts';
import { parseWitnessCommand } from '../../../verifier/witness/command-line.ts';
import { MemoryFile, MemoryFileError } from '../../../verifier/witness/memory-file.ts';
import { type RefusedHead, Witness, type WitnessMemory } from '../../../verifier/witness/witness.ts';
import { SignedTree } from '../../support/signed-tree.ts';

const origin = 'ledger.example/north';
const now = new Date('2026-03-01T12:00:00.900Z');
const key = readWitnessKey(newWitnessKey('witness.example/w1'));
const folder = mkdtempSync(join(tmpdir(), 'tallyroot-witness-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A memory that can be told to fail, before or after it has kept the head. */
class TestMemory implements WitnessMemory {
  readonly heads = new Map<string, SignedHead>();
  failure: 'before' | 'after' | undefined;

  get(of: string): SignedHead | undefined {
    return this.heads.get(of);
  }

  set(head: SignedHead): void {
    if (this.failure === 'before') throw new Error('The disk is full.');
    this.heads.set(head.origin, head);
    if (this.failure === 'after') throw new Error('The disk is gone.');
  }
}

function setUp(tree = new SignedTree(origin, 40)) {
  const memory = new TestMemory();
  const refused: RefusedHead[] = [];
  const logKeys = [parseVkey(tree.signer.vkey) as NoteKey];
  const witness = new Witness({ key, logKeys, memory, onRefused: (told) => refused.push(told), now: () => now });
  return { tree, memory, refused, witness };
}

describe('a witness', () => {
  it('cosigns a log from its first head on, each head that extends the one before', () => {
    const { tree, witness } = setUp();
    let known = 0;
    for (const size of [1, 2, 3, 7, 8, 8, 16, 33, 40]) {
      const { status, body } = witness.addCheckpoint(tree.request(known, size));
      expect(status).toBe(200);
      const cosigned = parseNote(Buffer.from(tree.note(size).toString() + body));
      expect(cosigned && cosignatureOf(cosigned, key)).toEqual({ time: Math.floor(now.getTime() / 1000) });
      known = size;
    }
  });

  it('takes every consistency proof of a small tree, and none that is changed', () => {
    const tree = new SignedTree(origin, 20);
    for (let from = 1; from <= 20; from++)
      for (let to = from; to <= 20; to++) {
        const { witness } = setUp(tree);
        const proof = tree.consistency(from, to);
        expect(witness.addCheckpoint(tree.request(0, from)).status).toBe(200);
        const damages = [
          [...proof, Buffer.alloc(32)],
          ...(proof.length > 0 ? [proof.slice(1), proof.slice(0, -1), proof.map((node) => Buffer.from(node).fill(1, 0, 1))] : []),
          ...(proof.length > 1 ? [proof.toReversed()] : []),
        ];
        for (const damaged of damages) expect(witness.addCheckpoint(tree.request(from, to, { proof: damaged })).status).toBe(422);
        expect(witness.addCheckpoint(tree.request(from, to)).status).toBe(200);
      }
  });

  it('answers with the size that it knows when the old size is another: to a newcomer, a repeat, and an operator who was set back', () => {
    const { tree, witness } = setUp();
    expect(witness.addCheckpoint(tree.request(5, 8))).toEqual({ status: 409, contentType: 'text/x.tlog.size', body: '0\n' });
    witness.addCheckpoint(tree.request(0, 30));
    for (const [from, to] of [
      [0, 30],
      [8, 30],
      [0, 12],
      [12, 12],
      [29, 40],
      [31, 40],
    ] as const)
      expect(witness.addCheckpoint(tree.request(from, to))).toMatchObject({ status: 409, body: '30\n' });
  });

  it('[ATT-06] refuses every other branch of a log, shorter, longer and of the same size, and keeps what was signed', () => {
    const { tree, witness, refused, memory } = setUp();
    const fork = tree.fork(20);
    witness.addCheckpoint(tree.request(0, 30));
    for (const to of [30, 31, 40]) expect(witness.addCheckpoint(fork.request(30, to)).status).toBe(422);
    expect(refused.map(({ head, known }) => [head.size, known?.size])).toEqual([
      [30n, 30n],
      [31n, 30n],
      [40n, 30n],
    ]);
    expect(memory.get(origin)?.note.bytes).toEqual(tree.note(30));
    expect(witness.addCheckpoint(tree.request(30, 40)).status).toBe(200);
  });

  it('knows only the logs that it was told of, and only by their keys', () => {
    const { tree, witness, memory } = setUp();
    const stranger = new SignedTree('ledger.example/south', 5);
    const thief = new SignedTree(origin, 5);
    expect(witness.addCheckpoint(stranger.request(0, 5)).status).toBe(404);
    expect(witness.addCheckpoint(thief.request(0, 5)).status).toBe(403);
    expect(memory.heads.size).toBe(0);
    // A signature of an unknown key beside a good one is passed over.
    const foreignLine = thief.note(5).toString().split('\n\n')[1] as string;
    expect(witness.addCheckpoint(tree.request(0, 5, { note: Buffer.from(tree.note(5).toString() + foreignLine) })).status).toBe(200);
  });

  it('takes each of several keys of a log, as during a rotation', () => {
    const [old, young] = [new SignedTree(origin, 9), new SignedTree(origin, 9)];
    const logKeys = [old, young].map(({ signer }) => parseVkey(signer.vkey) as NoteKey);
    const witness = new Witness({ key, logKeys, memory: new TestMemory() });
    expect(witness.addCheckpoint(old.request(0, 4)).status).toBe(200);
    expect(witness.addCheckpoint(young.request(4, 9)).status).toBe(200);
  });

  it.each<[string, (body: string, tree: SignedTree) => string | Buffer]>([
    ['nothing', () => ''],
    ['no first line', (body) => body.slice(body.indexOf('\n') + 1)],
    ['a size with a leading zero', (body) => body.replace('old 3', 'old 03')],
    ['a negative size', (body) => body.replace('old 3', 'old -3')],
    ['a size that no counter holds', (body) => body.replace('old 3', `old ${'9'.repeat(21)}`)],
    ['another first word', (body) => body.replace('old', 'new')],
    ['a carriage return', (body) => body.replace('\n', '\r\n')],
    ['no empty line', (body) => body.replace('\n\n', '\n')],
    ['a hash of 31 bytes', (body) => body.replace('old 3\n', `old 3\n${Buffer.alloc(31).toString('base64')}\n`)],
    ['a hash that is not base64', (body) => body.replace('old 3\n', `old 3\n${'-'.repeat(43)}=\n`)],
    ['a hash in another spelling of the same bytes', (body) => body.replace('old 3\n', `old 3\n${'A'.repeat(42)}B=\n`)],
    ['64 hashes', (body) => body.replace('old 3\n', `old 3\n${`${'A'.repeat(43)}=\n`.repeat(64)}`)],
    ['a million hashes', (body) => body.replace('old 3\n', `old 3\n${`${'A'.repeat(43)}=\n`.repeat(1_000_000)}`)],
    ['no signature', (body) => body.slice(0, body.lastIndexOf('—'))],
    ['no checkpoint', (body) => body.slice(0, body.indexOf('\n\n') + 2)],
    ['an extension line', (body) => body.replace('=\n\n—', '=\nmore\n\n—')],
    ['bytes that are no text', () => Buffer.alloc(300, 0xff)],
    ['an old size above the new one', (_, tree) => tree.request(9, 8, { proof: [] })],
  ])('refuses %s as malformed', (_, damage) => {
    const { tree, witness } = setUp();
    witness.addCheckpoint(tree.request(0, 3));
    const body = tree.request(3, 8).toString();
    expect(witness.addCheckpoint(Buffer.from(body))).toMatchObject({ status: 200 });
    expect(witness.addCheckpoint(Buffer.from(damage(body, tree)))).toMatchObject({ status: 400 });
  });

  it('cosigns nothing when the head could not be kept, and the client finds its way when it was kept after all', () => {
    const { tree, witness, memory } = setUp();
    witness.addCheckpoint(tree.request(0, 3));
    memory.failure = 'before';
    expect(() => witness.addCheckpoint(tree.request(3, 8))).toThrow('full');
    memory.failure = undefined;
    expect(witness.addCheckpoint(tree.fork(5).request(3, 8)).status).toBe(200); // Nothing was said of the other 8.
    const { tree: next, witness: other, memory: kept } = setUp();
    kept.failure = 'after';
    expect(() => other.addCheckpoint(next.request(0, 8))).toThrow('gone');
    expect(other.addCheckpoint(next.request(0, 8))).toMatchObject({ status: 409, body: '8\n' });
    expect(other.addCheckpoint(next.request(8, 8)).status).toBe(200);
  });
});

describe('the memory of a witness', () => {
  let count = 0;
  const newPath = () => join(folder, `state-${count++}`);

  it('survives a kill between any two steps, and holds what was kept last', () => {
    const path = newPath();
    MemoryFile.create(path);
    const { tree } = setUp();
    const before = new MemoryFile(path);
    const witness = new Witness({ key, logKeys: [parseVkey(tree.signer.vkey) as NoteKey], memory: before });
    witness.addCheckpoint(tree.request(0, 8));
    // As a crash leaves it: the lock of a process that is gone, and a file that was not finished.
    before.close();
    writeFileSync(`${path}.lock`, '999999999 1');
    writeFileSync(`${path}.unfinished`, '{"v":');
    const after = new MemoryFile(path);
    expect(after.get(origin)).toMatchObject({ origin, size: 8n });
    expect(after.get('ledger.example/south')).toBeUndefined();
    after.close();
    expect(readdirSync(folder).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });

  it('is never begun anew in silence', () => {
    const path = newPath();
    expect(() => new MemoryFile(path)).toThrow(MemoryFileError);
    MemoryFile.create(path);
    expect(() => MemoryFile.create(path)).toThrow('EEXIST');
    for (const text of ['', '{', '{}', '{"v":"tallyroot-witness-memory/1"}', '{"v":"tallyroot-witness-memory/1","heads":["AAAA"]}']) {
      writeFileSync(path, text);
      expect(() => new MemoryFile(path)).toThrow(MemoryFileError);
    }
  });

  it('belongs to one process, and to nobody else', () => {
    const path = newPath();
    MemoryFile.create(path);
    const memory = new MemoryFile(path);
    expect(() => new MemoryFile(path)).toThrow(`Process ${process.pid}`);
    const { tree, witness, memory: source } = setUp();
    witness.addCheckpoint(tree.request(0, 3));
    const head = source.get(origin) as SignedHead;
    memory.set(head);
    const kept = readFileSync(path, 'utf8');
    writeFileSync(path, kept.replace('}', ' }')); // Another witness, or a backup that was put back.
    expect(() => memory.set(head)).toThrow(MemoryFileError);
    memory.close();
  });
});

describe('a key of a witness', () => {
  it('holds both halves, and is refused when they do not belong together', () => {
    const [file, other] = [newWitnessKey('witness.example/w1'), newWitnessKey('witness.example/w1')];
    expect(readWitnessKey(file).name).toBe('witness.example/w1');
    const [vkey, ...pem] = file.split('\n');
    const mixed = [other.split('\n')[0], ...pem].join('\n');
    for (const damaged of ['', vkey as string, pem.join('\n'), mixed, file.replace('MC4', 'MC5')])
      expect(() => readWitnessKey(damaged)).toThrow(RangeError);
  });

  it('has a name of at most 255 bytes, without space and plus', () => {
    for (const name of ['', 'two words', 'one+two', 'x'.repeat(256)]) expect(() => newWitnessKey(name)).toThrow(RangeError);
  });
});

describe('the command line of a witness', () => {
  const log = new SignedTree(origin, 0).signer.vkey;

  it('names logs, key, memory and port', () => {
    const command = parseWitnessCommand(['--log', log, '--key', 'k', '--state', 's', '--port', '8090']);
    expect(command).toMatchObject({ command: 'serve', key: 'k', state: 's', port: 8090, host: '127.0.0.1', logKeys: [{ name: origin }] });
    expect(parseWitnessCommand(['--new-key', 'w', '--key', 'k', '--state', 's'])).toMatchObject({ command: 'new-key', name: 'w' });
    expect(parseWitnessCommand(['--help'])).toEqual({ command: 'help' });
  });

  it.each([
    [['--key', 'k', '--state', 's', '--port', '1']],
    [['--log', log, '--state', 's', '--port', '1']],
    [['--log', log, '--key', 'k', '--port', '1']],
    [['--log', log, '--key', 'k', '--state', 's']],
    [['--log', log, '--key', 'k', '--state', 's', '--port', '65536']],
    [['--log', key.vkey, '--key', 'k', '--state', 's', '--port', '1']],
    [['--log', 'ledger.example/north', '--key', 'k', '--state', 's', '--port', '1']],
    [['--new-key', 'w', '--key', 'k', '--state', 's', '--port', '1']],
    [['--unknown']],
  ])('refuses %j', (args) => expect(() => parseWitnessCommand(args)).toThrow());
});
