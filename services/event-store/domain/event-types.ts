import type { Json } from './canonical-json.ts';

/** The financial payload of an event, in whatever version. */
export type Fin = Readonly<Record<string, Json>>;

/** Makes of a payload of one version the payload of the next. Pure: an old event means the same for ever. */
export type Upcaster = (fin: Fin) => Fin;

/** An event as its capability knows it: always of the newest version. */
export interface TypedEvent {
  readonly type: string;
  readonly data: object;
}

interface Reading {
  /** The newest version. */
  readonly type: string;
  /** From the stored version up to the newest. */
  readonly upcasters: readonly Upcaster[];
}

/**
 * The event types that a capability writes, and how each earlier version of them is read. Everything that interprets events (`evolve`,
 * read models, processes) gets the newest version only; the stored bytes, and so the leaf, stay what they are.
 */
export class EventTypes<Event extends TypedEvent = TypedEvent> {
  readonly #readings = new Map<string, Reading>();
  readonly #newest = new Map<string, number>();

  /**
   * By newest type the upcasters of its earlier versions, oldest first: `Name/3` has two, from 1 to 2 and from 2 to 3. A version once
   * written is never taken out again. Throws `RangeError` where an upcaster is missing.
   */
  constructor(histories: Readonly<Record<Event['type'], readonly Upcaster[]>>) {
    for (const [type, upcasters] of Object.entries<readonly Upcaster[]>(histories)) {
      const { name, version } = versionOf(type);
      if (version !== upcasters.length + 1) throw new RangeError(`${type} needs ${version - 1} upcasters and has ${upcasters.length}.`);
      if (this.#newest.has(name)) throw new RangeError(`${name} has two newest versions.`);
      this.#newest.set(name, version);
      for (let from = 1; from <= version; from++) {
        this.#readings.set(`${name}/${from}`, { type, upcasters: upcasters.slice(from - 1) });
      }
    }
  }

  /** Every type that may stand in the log, old versions included. */
  get all(): readonly string[] {
    return [...this.#readings.keys()];
  }

  /** The types that are written today. */
  get newest(): readonly string[] {
    return [...this.#newest].map(([name, version]) => `${name}/${version}`);
  }

  /** The event in its newest version, or undefined for a type that is none of these. */
  read({ type, fin }: { readonly type: string; readonly fin: Fin }): Event | undefined {
    const reading = this.#readings.get(type);
    if (reading === undefined) return undefined;
    // The payload was checked when it was written; its type names its shape.
    return { type: reading.type, data: upcast(fin, reading.upcasters) } as unknown as Event;
  }

  /** True for a later version of one of these types: a newer release wrote it. */
  isNewer(type: string): boolean {
    const { name, version } = versionOf(type);
    return version > (this.#newest.get(name) ?? Infinity);
  }
}

function upcast(fin: Fin, upcasters: readonly Upcaster[]): Fin {
  let newest = fin;
  for (const next of upcasters) newest = next(newest);
  return newest;
}

function versionOf(type: string): { readonly name: string; readonly version: number } {
  const slash = type.lastIndexOf('/');
  return { name: type.slice(0, slash), version: Number(type.slice(slash + 1)) };
}
