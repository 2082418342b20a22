import { hash } from 'node:crypto';
import { Balances } from './balances.ts';
import { isRecord, type Json, type JsonRecord, readCanonical } from './canonical-json.ts';
import type { Anchor, ChainReader } from './chain.ts';
import { type Entry, readEntry } from './entry.ts';
import type { Findings, Place } from './findings.ts';
import { GrowingTree } from './growing-tree.ts';
import { leafOfEvent } from './leaf.ts';
import type { LogSource } from './log-source.ts';
import { type PayloadLine, readPayloadLine } from './payload-line.ts';
import { isSignedByRecoveryKey, type Policy, readPolicy } from './policy.ts';
import { type Bundle, bundlesOf } from './bundles.ts';
import { Streams } from './streams.ts';
import { tileWidth } from './tile-path.ts';
import { TileCheck } from './tile-check.ts';
import { TimeLine } from './time-line.ts';

export interface WalkOptions {
  readonly source: LogSource;
  /** How many leaves the signed head has. */
  readonly size: bigint;
  readonly genesis: Policy;
  readonly anchors: readonly Anchor[];
  readonly chains: readonly ChainReader[];
  /** Also checks that every stored text is canonical. */
  readonly deep: boolean;
  readonly findings: Findings;
}

export interface WalkResult {
  /** Roots at the sizes of the anchors and of the head, as far as the log could be read. */
  readonly roots: ReadonlyMap<bigint, Buffer>;
  readonly read: bigint;
  readonly opened: bigint;
  readonly unopened: bigint;
  readonly committed: number;
  /** Policies that later leaves brought, in order. */
  readonly policies: readonly Policy[];
}

const bytesPerHash = 32;

/** Reads a log once, from its first leaf to the head: V3 to V8. Memory grows with streams, event ids and balances, not with leaves. */
export class LogWalk {
  readonly #options: WalkOptions;
  readonly #findings: Findings;
  readonly #tree = new GrowingTree();
  readonly #streams: Streams;
  readonly #balances: Balances;
  readonly #times: TimeLine;
  readonly #tiles: TileCheck;
  readonly #marks: ReadonlySet<bigint>;
  readonly #roots = new Map<bigint, Buffer>();
  readonly #series = new Map<string, bigint>();
  readonly #policies: Policy[] = [];
  #policy: Policy;
  #opened = 0n;
  #unopened = 0n;

  constructor(options: WalkOptions) {
    const { findings, genesis, anchors, chains, size, source } = options;
    this.#options = options;
    this.#findings = findings;
    this.#policy = genesis;
    this.#streams = new Streams(findings);
    this.#balances = new Balances(findings);
    this.#times = new TimeLine({ anchors, chains, toleranceSeconds: genesis.toleranceSeconds, findings });
    this.#tiles = new TileCheck({ source, size, findings });
    this.#marks = new Set([...anchors.map((anchor) => anchor.size), size]);
  }

  async run(): Promise<WalkResult> {
    for await (const bundle of bundlesOf(this.#options.source, this.#options.size)) {
      if ('missing' in bundle) {
        this.#findings.unverifiable('V3', bundle.missing);
        this.#findings.unverifiable('V4', bundle.missing);
        break;
      }
      await this.#bundle(bundle);
    }
    await this.#tiles.finish();
    return {
      roots: this.#roots,
      read: this.#tree.size,
      opened: this.#opened,
      unopened: this.#unopened,
      committed: this.#balances.committed,
      policies: this.#policies,
    };
  }

  async #bundle({ number, tile, entries, payloads }: Bundle): Promise<void> {
    const first = number * BigInt(tileWidth);
    for (let slot = 0; slot < entries.length; slot++) {
      const index = first + BigInt(slot);
      const text = entries[slot] as string;
      const leafHash = hash('sha256', `\0${text}`, 'hex');
      const [start, end] = [slot * bytesPerHash, (slot + 1) * bytesPerHash];
      const entry = readEntry(text);
      const place = (): Place => ({ leaf: index, ...(entry && { stream: entry.stream, revision: entry.rev, event: entry.id }) });
      if (tile.toString('hex', start, end) !== leafHash) {
        this.#findings.invalid('V4', 'The entry does not hash to its place in the tile.', place());
      }
      const waits = this.#leaf({ index, text, leafHash, entry, line: payloads?.[slot], place });
      if (waits !== undefined) await waits;
      const completed = this.#tree.append(tile.toString('binary', start, end));
      this.#tiles.grown(this.#tree, completed);
      if (this.#marks.has(this.#tree.size)) this.#roots.set(this.#tree.size, this.#tree.root());
    }
  }

  /** Everything about one leaf but its place in the tree. Answers a promise only for the rare leaf that asks a chain. */
  #leaf({ index, text, leafHash, entry, line, place }: LeafToCheck): Promise<void> | undefined {
    if (entry === undefined) {
      this.#findings.invalid('V4', 'The entry is not an envelope of this version.', place());
      return undefined;
    }
    if (entry.log !== this.#options.genesis.origin) this.#findings.invalid('V4', `The entry belongs to the log ${entry.log}.`, place());
    const payload = this.#payload(index, text, entry, line, place);
    const looksMalformed = entry.at.startsWith('0001-') || entry.stream.startsWith('invalid:') || entry.type.startsWith('invalid:');
    const isMalformed = payload?.isMalformed ?? looksMalformed;
    const isRepeated = this.#streams.check(entry, leafHash, isMalformed, place);
    if (isMalformed) {
      this.#findings.find('format', `Something wrote behind the ledger: ${payload?.fault ?? 'the envelope shows it'}.`, place());
      return undefined;
    }
    if (isRepeated) return undefined;
    this.#times.check(index, entry.at, place);
    return payload?.fin === undefined ? undefined : this.#fin(index, entry, payload.fin, place);
  }

  /** V7: the stored event must have exactly this envelope. */
  #payload(index: bigint, text: string, entry: Entry, line: string | undefined, place: () => Place): OpenedPayload | undefined {
    const read: PayloadLine = line === undefined ? 'withheld' : readPayloadLine(line);
    if (typeof read === 'string') {
      this.#unopened++;
      if (read === 'missing') this.#findings.find('payload-missing', 'The event store has no event for this leaf.', place());
      if (read === 'malformed') this.#findings.invalid('V7', 'The line of the stored event cannot be read.', place());
      return undefined;
    }
    const { event } = read;
    const leaf = leafOfEvent(this.#options.genesis.origin, event);
    if (leaf.entry !== text || read.index !== index.toString()) {
      const difference = read.index === index.toString() ? differenceOf(leaf.entry, entry) : 'it stands for another leaf';
      this.#findings.invalid('V7', `The stored event is not the one that was logged: ${difference}.`, place());
      return undefined;
    }
    this.#opened++;
    if (leaf.malformed !== undefined) return { isMalformed: true, fault: leaf.malformed, fin: undefined };
    return { isMalformed: false, fault: undefined, fin: this.#finOf(event.data, place) };
  }

  #finOf(data: string, place: () => Place): JsonRecord | undefined {
    if (this.#options.deep && readCanonical(data) === undefined) {
      this.#findings.find('payload-form', 'The payload is not in its canonical form.', place());
    }
    try {
      const payload = JSON.parse(data) as Json;
      const fin = isRecord(payload) ? payload['fin'] : undefined;
      return isRecord(fin) ? fin : undefined;
    } catch {
      this.#findings.find('payload-form', 'The payload is not JSON.', place());
      return undefined;
    }
  }

  #fin(index: bigint, { type, stream }: Entry, fin: JsonRecord, place: () => Place): Promise<void> | undefined {
    this.#balances.add(index, fin, this.#policy, place);
    const isSystem = stream === `${this.#policy.streamPrefix}log-0`;
    if (type === 'NumberAssigned/1') this.#number(fin, place);
    if (!isSystem) return undefined;
    if (type === 'StateCommitted/1') this.#balances.commit(index, fin, this.#policy, place());
    if (type === 'LogPolicyChanged/1' || type === 'KeyRotated/1') this.#changePolicy(fin, type, place);
    return type === 'TimeTicked/1' ? this.#times.tick(fin, place()) : undefined;
  }

  /** Invoice numbers have no gaps. */
  #number({ series, sequence }: JsonRecord, place: () => Place): void {
    if (typeof series !== 'string' || typeof sequence !== 'string' || !/^[1-9][0-9]*$/.test(sequence)) return;
    const expected = (this.#series.get(series) ?? 0n) + 1n;
    if (BigInt(sequence) !== expected)
      this.#findings.invalid('V7', `Series ${series} goes on with ${sequence}, not with ${expected}.`, place());
    this.#series.set(series, BigInt(sequence));
  }

  #changePolicy(fin: JsonRecord, type: string, place: () => Place): void {
    if (!isSignedByRecoveryKey(fin, this.#policy.recoveryVkey)) {
      this.#findings.invalid('V2', `${type} is not signed by the recovery key.`, place());
      return;
    }
    const changed = type === 'LogPolicyChanged/1' ? readPolicy(fin) : undefined;
    if (changed === undefined) return;
    this.#policy = changed;
    this.#policies.push(changed);
  }
}

interface LeafToCheck {
  readonly index: bigint;
  readonly text: string;
  readonly leafHash: string;
  readonly entry: Entry | undefined;
  readonly line: string | undefined;
  readonly place: () => Place;
}

interface OpenedPayload {
  readonly isMalformed: boolean;
  readonly fault: string | undefined;
  readonly fin: JsonRecord | undefined;
}

/** Which fields of the envelope the stored event would have otherwise. */
function differenceOf(recomputed: string, entry: Entry): string {
  const other = readEntry(recomputed);
  if (other === undefined) return 'it has no envelope';
  const fields = (Object.keys(entry) as (keyof Entry)[]).filter((name) => entry[name] !== other[name]);
  const said: Readonly<Partial<Record<keyof Entry, string>>> = {
    pay: 'its data or salt',
    meta: 'its metadata or salt',
    rev: 'its revision',
  };
  return `${fields.map((name) => said[name] ?? `its ${name}`).join(', ')} differ`;
}
