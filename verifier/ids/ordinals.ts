const bitsOfWord = 32;
const wordsOfPiece = 1024;
const bitsOfPiece = wordsOfPiece * bitsOfWord;

export type OrdinalsState = ReadonlyMap<number, Uint32Array>;

/** A set of whole numbers, a bit each: pieces without any take no memory, and a million of them 125 kB at most. */
export class Ordinals {
  readonly #pieces: Map<number, Uint32Array>;

  constructor(state: OrdinalsState = new Map()) {
    this.#pieces = new Map([...state].map(([number, piece]) => [number, piece.slice()]));
  }

  get isEmpty(): boolean {
    return this.#pieces.size === 0;
  }

  has(ordinal: number): boolean {
    if (this.isEmpty) return false;
    const [piece, word, bit] = placeOf(ordinal);
    return (((this.#pieces.get(piece)?.[word] ?? 0) >>> bit) & 1) === 1;
  }

  add(ordinal: number): void {
    const [number, word, bit] = placeOf(ordinal);
    let piece = this.#pieces.get(number);
    if (piece === undefined) this.#pieces.set(number, (piece = new Uint32Array(wordsOfPiece)));
    piece[word] = (piece[word] as number) | (1 << bit);
  }

  state(): OrdinalsState {
    return this.#pieces;
  }

  /** Those below a number. */
  below(end: number): Ordinals {
    const [last, word, bit] = placeOf(end);
    const below = new Ordinals(new Map([...this.#pieces].filter(([number]) => number <= last)));
    const piece = below.#pieces.get(last);
    if (piece === undefined) return below;
    piece[word] = (piece[word] as number) & ~(-1 << bit);
    piece.fill(0, word + 1);
    if (piece.every((bits) => bits === 0)) below.#pieces.delete(last);
    return below;
  }

  equals(other: Ordinals): boolean {
    if (this.#pieces.size !== other.#pieces.size) return false;
    return [...this.#pieces].every(([number, piece]) => {
      const others = other.#pieces.get(number);
      return others !== undefined && piece.every((bits, word) => bits === others[word]);
    });
  }
}

function placeOf(ordinal: number): readonly [piece: number, word: number, bit: number] {
  const within = ordinal % bitsOfPiece;
  return [(ordinal - within) / bitsOfPiece, Math.floor(within / bitsOfWord), within % bitsOfWord];
}
