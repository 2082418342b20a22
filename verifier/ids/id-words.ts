import { randomInt } from '#platform';

export const wordsOfId = 4;
const hyphen = 45;
/** One for the sum, and one for each half of a word. */
const numbersOfSum = 1 + 2 * wordsOfId;

/** Reads a UUID in lower-case text. */
export function readId(text: string, into: Uint32Array, to: number): void {
  let word = 0;
  let digits = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === hyphen) continue;
    word = (word << 4) | (code < 58 ? code - 48 : code - 87);
    if (++digits % 8 === 0) into[to + digits / 8 - 1] = word;
  }
}

/** 32 bits for an id. They cannot be chosen by who does not know the numbers: two ids agree in any n bits as often as chance has it. */
export class IdHash {
  readonly numbers: Uint32Array;

  /** Multilinear hashing over half words; without numbers it has its own, which nobody knows beforehand. */
  constructor(numbers?: Uint32Array) {
    this.numbers = numbers ?? Uint32Array.from({ length: 2 * numbersOfSum }, () => randomInt(2 ** 32));
  }

  of(ids: Uint32Array, from: number): number {
    const { numbers } = this;
    let high = numbers[0] as number;
    let low = numbers[numbersOfSum] as number;
    for (let word = 0; word < wordsOfId; word++) {
      const value = ids[from + word] as number;
      const [upper, lower] = [value >>> 16, value & 0xffff];
      const at = 1 + 2 * word;
      high = (high + Math.imul(numbers[at] as number, upper) + Math.imul(numbers[at + 1] as number, lower)) | 0;
      low = (low + Math.imul(numbers[numbersOfSum + at] as number, upper) + Math.imul(numbers[numbersOfSum + at + 1] as number, lower)) | 0;
    }
    return ((high & 0xffff_0000) | (low >>> 16)) >>> 0;
  }
}
