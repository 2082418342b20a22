import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, hash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { cosignatureIn, parseCosignerKey, type CosignerKey } from '../../../services/integrity/domain/cosignature.ts';
import { cosignatureOf } from '../../../verifier/note/cosignature.ts';
import { parseNote } from '../../../verifier/note/signed-note.ts';
import { cosign, newWitnessKey, readWitnessKey } from '../../../verifier/note/witness-key.ts';
import { SignedTree } from '../../support/signed-tree.ts';

/*
 * The peer is github.com/transparency-dev/formats, with which several public witnesses and logs cosign: another language, other authors.
 * Where Go is not installed the comparison is left out, and Jest says so.
 */

const withGo = spawnSync('go', ['version']).status === 0 ? describe : describe.skip;
const now = new Date('2026-03-01T12:00:00.900Z');
const seconds = Math.floor(now.getTime() / 1000);
const tree = new SignedTree('ledger.example/north', 12);
const notes = [1, 2, 5, 12].map((size) => tree.note(size).toString());
const textOf = (note: string) => note.slice(0, note.lastIndexOf('\n\n') + 1);

interface Answer {
  readonly verdicts: { readonly isValid: boolean; readonly time: number }[] | null;
  readonly notes: string[] | null;
}

function ask(request: object): Answer {
  const cwd = join(import.meta.dirname, '..', '..', 'peers', 'cosignature');
  return JSON.parse(execFileSync('go', ['run', '.'], { cwd, input: JSON.stringify(request), encoding: 'utf8' })) as Answer;
}

/** The same private key as Go's library writes it: its name, its hash as a key of a log, its seed. */
function goKeyOf(file: string): string {
  const { name, publicKey } = readWitnessKey(file);
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url');
  const keyHash = hash('sha256', Buffer.concat([Buffer.from(`${name}\n\u0001`), raw]), 'hex').slice(0, 8);
  const pem = file.slice(file.indexOf('\n') + 1);
  const seed = Buffer.from(createPrivateKey(pem).export({ format: 'jwk' }).d as string, 'base64url');
  return `PRIVATE+KEY+${name}+${keyHash}+${Buffer.concat([Buffer.of(0x01), seed]).toString('base64')}`;
}

withGo('github.com/transparency-dev/formats', () => {
  const file = newWitnessKey('witness.example/w1');
  const key = readWitnessKey(file);

  it('accepts what our witness signs, and nothing that is changed in it', () => {
    const cosigned = notes.map((note) => note + cosign(key, textOf(note), now));
    const other = readWitnessKey(newWitnessKey('witness.example/w1'));
    const [first] = cosigned as [string];
    const wrong = [
      { vkey: other.vkey, note: first },
      { vkey: key.vkey, note: first.replace('\n1\n', '\n2\n') },
      { vkey: key.vkey, note: (notes[0] as string) + cosign(key, textOf(notes[1] as string), now) },
      { vkey: key.vkey, note: notes[0] },
    ];
    const { verdicts } = ask({ cosigned: [...cosigned.map((note) => ({ vkey: key.vkey, note })), ...wrong] });
    expect(verdicts).toEqual([
      ...cosigned.map(() => ({ isValid: true, time: seconds })),
      ...wrong.map(() => ({ isValid: false, time: 0 })),
    ]);
  });

  it('signs what the verifier and the service accept', () => {
    const { notes: cosigned } = ask({ notes, signer: goKeyOf(file), log: tree.signer.vkey });
    expect(cosigned).toHaveLength(notes.length);
    for (const note of cosigned ?? []) {
      const parsed = parseNote(Buffer.from(note));
      const read = parsed && cosignatureOf(parsed, key);
      expect(Math.abs((read?.time ?? 0) - Date.now() / 1000)).toBeLessThan(600);
      const lines = note.slice(note.lastIndexOf('\n\n') + 2);
      const kept = cosignatureIn(lines, textOf(note), parseCosignerKey(key.vkey) as CosignerKey);
      expect(kept?.at.getTime()).toBe((read?.time ?? 0) * 1000);
      expect(lines).toContain(kept?.line);
    }
  });
});
