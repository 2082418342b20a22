import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cosignatureOf, parseWitnessKey } from '../../../verifier/note/cosignature.ts';
import { parseNote } from '../../../verifier/note/signed-note.ts';
import type { NoteKey } from '../../../verifier/note/vkey.ts';
import { parseHead } from '../../../verifier/note/tree-head.ts';
import { WitnessServer } from '../../../verifier/witness/witness-server.ts';
import type { Witness } from '../../../verifier/witness/witness.ts';
import { headsIn } from '../../../verifier/state/heads-file.ts';
import { SignedTree } from '../../support/signed-tree.ts';
import { WitnessProcess } from '../../support/witness-process.ts';

const add = async (url: string, body: Buffer) => {
  const response = await fetch(`${url}/add-checkpoint`, { method: 'POST', body: new Uint8Array(body) });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
};

/** What comes back on a bare connection until it ends. */
const raw = (url: string, text: string): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });

describe('the process of a witness', () => {
  const tree = new SignedTree('ledger.example/north', 400);
  let witness: WitnessProcess;
  beforeAll(async () => {
    witness = new WitnessProcess('witness.example/w1');
    await witness.start([tree.signer.vkey]);
  });
  afterAll(() => witness.close());

  const known = async () => {
    const response = await fetch(`${witness.url}/checkpoint/${hash('sha256', tree.origin, 'hex')}`);
    return response.ok ? (parseHead(Buffer.from(await response.arrayBuffer()))?.size ?? 0n) : 0n;
  };

  it('cosigns over HTTP, and shows what it cosigned last', async () => {
    expect(await known()).toBe(0n);
    const { status, text, type } = await add(witness.url, tree.request(0, 10));
    expect([status, type]).toEqual([200, 'text/plain; charset=utf-8']);
    const note = parseNote(Buffer.from(tree.note(10).toString() + text));
    const cosignature = note && cosignatureOf(note, parseWitnessKey(witness.vkey) as NoteKey);
    expect(Math.abs((cosignature?.time ?? 0) - Date.now() / 1000)).toBeLessThan(60);
    expect(await known()).toBe(10n);
    expect(await add(witness.url, tree.request(0, 10))).toEqual({ status: 409, type: 'text/x.tlog.size', text: '10\n' });
  });

  it('answers many requests at a time one after the other: of those with one old size one is cosigned', async () => {
    const sizes = Array.from({ length: 40 }, (_, at) => 11 + at);
    const answers = await Promise.all(sizes.map((size) => add(witness.url, tree.request(10, size))));
    const cosigned = sizes.filter((_, at) => answers[at]?.status === 200);
    expect(cosigned).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(39);
    expect(await known()).toBe(BigInt(cosigned[0] as number));
  });

  it('loses nothing that it cosigned when it is killed at any moment', async () => {
    const kills = 5;
    for (let kill = 0; kill < kills; kill++) {
      let last = Number(await known());
      let isKilled = false;
      const submitting = (async () => {
        while (!isKilled && last < 400) {
          const answer = await add(witness.url, tree.request(last, last + 1)).catch(() => undefined);
          if (answer?.status === 200) last++;
          else if (answer !== undefined) throw new Error(`${answer.status} ${answer.text}`);
        }
      })();
      await new Promise((resolve) => setTimeout(resolve, 20 + kill * 25));
      await witness.kill();
      isKilled = true;
      await submitting;
      await witness.start([tree.signer.vkey]);
      // What was kept and not answered any more may be one ahead.
      expect([last, last + 1]).toContain(Number(await known()));
    }
  });

  it('[ATT-31] tells an operator who was set back to an older copy, and one who forks, also after a restart', async () => {
    const size = Number(await known());
    await witness.kill('SIGTERM');
    await witness.start([tree.signer.vkey]);
    expect(await add(witness.url, tree.request(size - 2, size - 1))).toMatchObject({ status: 409, text: `${size}\n` });
    const fork = tree.fork(size - 3);
    expect((await add(witness.url, fork.request(size, size))).status).toBe(422);
    expect((await add(witness.url, fork.request(size, 400))).status).toBe(422);
    const kept = headsIn(readFileSync(join(witness.folder, 'state.refused.jsonl'), 'utf8'), 'refused');
    expect(kept.map(({ note }) => note)).toEqual([fork.note(size), fork.note(400)]);
    expect(await known()).toBe(BigInt(size));
  });

  it('is the only one that works with its memory', () => {
    const args = [join(import.meta.dirname, '../../../verifier/witness/cli.ts'), '--log', tree.signer.vkey, ...witness.files];
    const second = spawnSync(process.execPath, [...args, '--port', '0'], { encoding: 'utf8' });
    expect([second.status, second.stderr]).toEqual([1, expect.stringContaining('works with')]);
  });

  it('answers nothing else', async () => {
    for (const [method, path, status] of [
      ['GET', '/add-checkpoint', 405],
      ['GET', '/', 404],
      ['POST', '/checkpoint/' + '0'.repeat(64), 404],
      ['GET', '/checkpoint/../../state', 404],
    ] as const)
      expect((await fetch(witness.url + path, { method })).status).toBe(status);
  });

  it('reads no more than a request can be', async () => {
    const { status } = await add(witness.url, Buffer.alloc(70_000, 'x'));
    expect(status).toBe(413);
    const endless = await raw(
      witness.url,
      `POST /add-checkpoint HTTP/1.1\r\nhost: x\r\ncontent-length: 999999999\r\n\r\n${'x'.repeat(100_000)}`,
    );
    expect(endless).toContain('413');
    expect((await add(witness.url, tree.request(0, 1))).status).toBe(409);
  });
});

describe('a client that is slow', () => {
  it('is cut off, and keeps nobody waiting', async () => {
    const witness = { addCheckpoint: () => ({ status: 200, contentType: 'text/plain', body: 'yes\n' }) } as unknown as Witness;
    const server = await WitnessServer.open({ witness, host: '127.0.0.1', port: 0, requestMsMax: 300 });
    try {
      const slow = raw(server.url, 'POST /add-checkpoint HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nold');
      expect(await add(server.url, Buffer.from('x'))).toMatchObject({ status: 200 });
      expect(await slow).toContain('408');
    } finally {
      await server.close();
    }
  });
});
