import { hash } from '#platform';

/** 32 bytes as a string of one character a byte: the cheapest form that node makes digests in. */
export type HashText = string;

export const hashBytes = 32;

/*
 * The cost of a small digest is the Buffer allocated for it, not the hashing. So one message is written over and over, and digests stay
 * text until they are written into a tile.
 */
const message = Buffer.alloc(1 + 2 * hashBytes, 0x01);

/** SHA-256(0x01 || left || right). */
export function nodeOf(left: HashText, right: HashText): HashText {
  message.write(left, 1, hashBytes, 'latin1');
  message.write(right, 1 + hashBytes, hashBytes, 'latin1');
  return hash('sha256', message, 'binary');
}

/** The root over the first `count` hashes of a tile, 1 to 256 of them. */
export function rootOfTile(tile: Buffer, count: number): HashText {
  const level = Buffer.from(tile.subarray(0, count * hashBytes));
  for (let width = count; width > 1; width = (width + 1) >> 1) {
    for (let at = 0; at + 1 < width; at += 2) {
      level.copy(message, 1, at * hashBytes, (at + 2) * hashBytes);
      level.write(hash('sha256', message, 'binary'), (at >> 1) * hashBytes, hashBytes, 'latin1');
    }
    // An odd last node moves up as it is.
    if (width % 2 === 1) level.copy(level, (width >> 1) * hashBytes, (width - 1) * hashBytes, width * hashBytes);
  }
  return level.toString('latin1', 0, hashBytes);
}

/** SHA-256 of text (UTF-8). */
export function sha256Text(text: string): HashText {
  return hash('sha256', text, 'binary');
}
