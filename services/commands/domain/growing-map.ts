/**
 * An immutable map for state that only ever grows, one entry an event: `with` costs constant time, where copying a `Map` would make
 * a series of n invoices cost n squared. All versions share one table; each sees the entries up to its own size.
 */
export class GrowingMap<Key, Value> {
  readonly #table: Map<Key, { readonly value: Value; readonly order: number }>;
  readonly size: number;

  private constructor(table: Map<Key, { readonly value: Value; readonly order: number }>, size: number) {
    this.#table = table;
    this.size = size;
  }

  static empty<Key, Value>(): GrowingMap<Key, Value> {
    return new GrowingMap<Key, Value>(new Map(), 0);
  }

  /** A key that comes twice keeps its first value. */
  static of<Key, Value>(entries: Iterable<readonly [Key, Value]>): GrowingMap<Key, Value> {
    let map = GrowingMap.empty<Key, Value>();
    for (const [key, value] of entries) map = map.with(key, value);
    return map;
  }

  get(key: Key): Value | undefined {
    const entry = this.#table.get(key);
    return entry !== undefined && entry.order < this.size ? entry.value : undefined;
  }

  has(key: Key): boolean {
    const entry = this.#table.get(key);
    return entry !== undefined && entry.order < this.size;
  }

  /** In the order in which they came. */
  *entries(): Generator<readonly [Key, Value]> {
    for (const [key, { value, order }] of this.#table) if (order < this.size) yield [key, value];
  }

  /** The map with one more entry; a key that is there already keeps its value. */
  with(key: Key, value: Value): GrowingMap<Key, Value> {
    if (this.has(key)) return this;
    const isNewest = this.#table.size === this.size;
    const table = isNewest ? this.#table : new Map([...this.#table].filter(([, { order }]) => order < this.size));
    table.set(key, { value, order: this.size });
    return new GrowingMap(table, this.size + 1);
  }
}
