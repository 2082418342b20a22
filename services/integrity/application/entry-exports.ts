import { payloadSaltOf, zeroHash } from '../domain/leaf.ts';
import type { PublishedHead } from '../domain/tree-head.ts';
import type { AnchorsQuery } from './anchors-query.ts';
import { lastAnchors } from './last-anchors.ts';
import type { LeafRow } from './leaf-store.ts';
import type { LogEntries, LogEntry } from './log-entries.ts';
import type { LogFiles } from './log-files.ts';
import type { LogQuery } from './log-query.ts';
import { PolicyLeaves } from './policy-leaves.ts';
import type { BundledAnchor, BundledLeaf, ProofBundle } from './proof-bundle.ts';

/*
 * The entries file of docs/reference/log-format.md: entries to take home, which the genesis hash alone is enough to check. Numbers are
 * decimal text, hashes hex, bytes base64.
 */

/** What all entries of a file are proven with. */
export type ExportedLog = {
  readonly v: 'tallyroot-entries/1';
  readonly genesis: ProofBundle['genesis'];
  /** `LogPolicyChanged` and `KeyRotated`, in order. */
  readonly policies: readonly ExportedEntry[];
  /** Signed tree head; every path leads to its root. */
  readonly checkpoint: string;
  /** Of each contract the last final anchor that the head covers. */
  readonly anchors: readonly BundledAnchor[];
};

/** As a proof bundle has it, and with the metadata: who reads a log may see who and why. */
export type ExportedEntry = BundledLeaf & {
  /** Why there is no payload; absent where there is one. */
  readonly absent?: 'withheld' | 'missing';
};

export interface EntryExportsOptions {
  readonly query: LogQuery;
  readonly files: LogFiles;
  readonly entries: LogEntries;
  readonly anchors: AnchorsQuery;
}

/** Few, so that who takes a long stream home leaves the event store to those who write. */
const eventsAtOnce = 8;

/** Hands over entries with all that proves them. `log` is the provider's slug. */
export class EntryExports {
  readonly #options: EntryExportsOptions;
  readonly #policies: PolicyLeaves;

  constructor(options: EntryExportsOptions) {
    this.#options = options;
    this.#policies = new PolicyLeaves(options.query);
  }

  async log(log: string, head: PublishedHead): Promise<ExportedLog> {
    const policies = (await this.#policies.of(log)).filter(({ index }) => index < head.size);
    const genesis = await this.#options.files.read(log, 'genesis.json', { payloads: false, head });
    if (genesis === undefined) throw new Error(`${log} has a signed head and no genesis.`);
    return {
      v: 'tallyroot-entries/1',
      genesis: JSON.parse(genesis.bytes.toString()) as ProofBundle['genesis'],
      policies: await this.entries(log, policies, head, { payloads: false }),
      checkpoint: head.note,
      anchors: await lastAnchors(log, head, this.#options),
    };
  }

  /** The leaves, all below the head, in the order in which they are given. */
  async entries(
    log: string,
    leaves: readonly LeafRow[],
    head: PublishedHead,
    { payloads }: { readonly payloads: boolean },
  ): Promise<ExportedEntry[]> {
    const indexes = leaves.map(({ index }) => index);
    const paths = await this.#options.query.inclusions(log, indexes, head.size);
    const exported: ExportedEntry[] = [];
    for (let from = 0; from < leaves.length; from += eventsAtOnce) {
      const some = leaves.slice(from, from + eventsAtOnce);
      const events = await Promise.all(some.map((leaf) => this.#options.entries.eventOf(log, leaf, { payloads })));
      exported.push(...some.map((leaf, at) => exportedEntry(leaf, events[at] as LogEntry['event'], paths[from + at] as readonly Buffer[])));
    }
    return exported;
  }
}

function exportedEntry({ index, entry }: LeafRow, event: LogEntry['event'], path: readonly Buffer[]): ExportedEntry {
  const place = { index: index.toString(), entry: base64(entry) };
  const proof = { path: path.map((hash) => hash.toString('hex')) };
  if (typeof event === 'string') return { ...place, payload: null, salt: zeroHash, ...proof, absent: event };
  const metadata = event.metadata !== undefined && { metadata: base64(event.metadata) };
  return { ...place, payload: base64(event.data), salt: payloadSaltOf(event), ...metadata, ...proof };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
