import { generateKeyPairSync, hash, sign } from 'node:crypto';
import { noteSigner, type NoteSigner } from '../../services/integrity/domain/note.ts';
import { treeHeadText } from '../../services/integrity/domain/tree-head.ts';
import { rootOf } from '../../verifier/merkle.ts';

/** A log that is nothing but a tree and a key: its leaves are numbers, beginning with another one for each branch. */
export class SignedTree {
  readonly origin: string;
  readonly signer: NoteSigner;
  readonly #hashes: Uint8Array[];

  constructor(origin: string, leaves: number, signer?: NoteSigner) {
    this.origin = origin;
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url');
    this.signer = signer ?? noteSigner(origin, { publicKey: raw, sign: (message) => sign(null, Buffer.from(message), privateKey) });
    this.#hashes = Array.from({ length: leaves }, (_, leaf) => hash('sha256', `\0${leaf}`, 'buffer'));
  }

  /** Another tree of the same log, which differs from this leaf on. */
  fork(at: number): SignedTree {
    const fork = new SignedTree(this.origin, this.#hashes.length, this.signer);
    for (let leaf = at; leaf < fork.#hashes.length; leaf++) fork.#hashes[leaf] = hash('sha256', `\0fork ${leaf}`, 'buffer');
    return fork;
  }

  note(size: number): Buffer {
    const root = Buffer.from(rootOf(this.#hashes.slice(0, size)));
    return Buffer.from(this.signer.sign(treeHeadText(this.origin, { size: BigInt(size), root })));
  }

  /** RFC 6962, section 2.1.2, as it is defined. */
  consistency(from: number, to: number): Uint8Array[] {
    return from === 0 ? [] : subproof(this.#hashes.slice(0, to), from, true);
  }

  /** The body of `add-checkpoint`. */
  request(from: number, to: number, { proof = this.consistency(from, to), note = this.note(to) } = {}): Buffer {
    const lines = proof.map((node) => `${Buffer.from(node).toString('base64')}\n`).join('');
    return Buffer.concat([Buffer.from(`old ${from}\n${lines}\n`), note]);
  }
}

function subproof(hashes: readonly Uint8Array[], from: number, isWhole: boolean): Uint8Array[] {
  if (from === hashes.length) return isWhole ? [] : [rootOf(hashes)];
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  const [left, right] = [hashes.slice(0, split), hashes.slice(split)];
  return from <= split ? [...subproof(left, from, isWhole), rootOf(right)] : [...subproof(right, from - split, false), rootOf(left)];
}
