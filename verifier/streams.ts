import type { Entry } from './entry.ts';
import type { Findings, Place } from './findings.ts';
import { zeroHash } from './leaf.ts';

interface StreamEdge {
  revision: bigint;
  leafHash: string;
}

/** Follows every stream (V5): revisions 0, 1, 2, ... and each event naming the leaf before it; event ids that stand twice. */
export class Streams {
  readonly #edges = new Map<string, StreamEdge>();
  readonly #ids = new Set<string>();
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /**
   * `isMalformed`: something wrote this event behind the ledger; its `prev` says nothing. `leafHash` is hex. Answers whether the event's
   * id stood before: such an event is a finding too, and posts nothing.
   */
  check({ id, stream, rev, prev }: Entry, leafHash: string, isMalformed: boolean, place: () => Place): boolean {
    const isRepeated = this.#ids.has(id);
    this.#ids.add(id);
    if (isRepeated) this.#findings.find('duplicate-id', `Event id ${id} stands more than once.`, place());
    const edge = this.#edges.get(stream);
    const expected = edge === undefined ? 0n : edge.revision + 1n;
    const revision = BigInt(rev);
    if (revision !== expected) this.#findings.invalid('V5', `Revision ${rev} follows ${expected - 1n}: ${expected} was expected.`, place());
    else if (!isMalformed && !isRepeated && prev !== (edge?.leafHash ?? zeroHash)) {
      this.#findings.invalid('V5', 'The event does not name the leaf before it in its stream.', place());
    }
    if (edge === undefined) this.#edges.set(stream, { revision, leafHash });
    else {
      edge.revision = revision;
      edge.leafHash = leafHash;
    }
    return isRepeated;
  }
}
