import { hash } from 'node:crypto';

export const hashBytes = 32;

/** Root of the tree without leaves: SHA-256 of nothing. */
export const emptyRoot: Buffer = hash('sha256', '', 'buffer');

/*
 * The cost of a node is the Buffer allocated for its digest, so there is one buffer for the message, and the digest is taken as a string of
 * one character a byte ("binary") that is written where the caller wants it: three times the speed of asking for a Buffer.
 */
const message = Buffer.alloc(1 + 2 * hashBytes);
message[0] = 0x01;

/** Writes SHA-256(0x01 || left || right) to `into`, which may be the place of `left` or `right`. */
export function hashNode(left: Buffer, leftAt: number, right: Buffer, rightAt: number, into: Buffer, intoAt: number): void {
  left.copy(message, 1, leftAt, leftAt + hashBytes);
  right.copy(message, 1 + hashBytes, rightAt, rightAt + hashBytes);
  into.write(hash('sha256', message, 'binary'), intoAt, hashBytes, 'latin1');
}

/** SHA-256(0x01 || left || right) as a buffer of its own. */
export function nodeOf(left: Buffer, right: Buffer): Buffer {
  const node = Buffer.allocUnsafe(hashBytes);
  hashNode(left, 0, right, 0, node, 0);
  return node;
}

/** SHA-256(0x00 || bytes of a text). */
export function leafOfText(text: string): Buffer {
  return hash('sha256', `\0${text}`, 'buffer');
}
