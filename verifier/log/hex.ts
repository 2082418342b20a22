/*
 * 32 bytes as 64 lower-case hex digits, read from bytes in one go. Node's own decoder takes capitals too, and half of a text that is none.
 */

const bad = 0x100;
/** By byte: what the digit is worth. */
const values = new Uint16Array(256).fill(bad);
for (let value = 0; value < 16; value++) values[value.toString(16).charCodeAt(0)] = value;

const digits = 64;

/** Are these 64 lower-case hex digits? */
export function isHex64(bytes: Buffer, start: number): boolean {
  let seen = 0;
  for (let at = start; at < start + digits; at++) seen |= values[bytes[at] as number] as number;
  return seen < bad;
}

/** Writes the 32 bytes that 64 digits stand for; false if they are no digits, and what is written means nothing. */
export function decodeHex64(digitsIn: Buffer, start: number, into: Buffer, intoAt: number): boolean {
  let seen = 0;
  for (let byte = 0; byte < digits / 2; byte++) {
    const high = values[digitsIn[start + 2 * byte] as number] as number;
    const low = values[digitsIn[start + 2 * byte + 1] as number] as number;
    seen |= high | low;
    into[intoAt + byte] = (high << 4) | low;
  }
  return seen < bad;
}
