import { isAscii } from 'node:buffer';
import { hash } from 'node:crypto';
import { isObject } from '../log/canonical-json.ts';
import { type Entry, EntryReader } from '../log/entry.ts';
import { EventOpener, type OpenedEvent } from '../log/event-opener.ts';
import type { Genesis } from '../log/genesis.ts';
import { readExpectedLine, readPayloadLine } from '../log/payload-line.ts';
import { noInstant } from '../log/stored-event.ts';
import { type Absence, type Bundle, bundlesOf, isAbsence, type Unwanted } from '../source/bundles.ts';
import type { LogSource } from '../source/log-source.ts';
import { hashBytes } from '../tree/node-hash.ts';
import type { Checks } from './check.ts';
import { FoldCheck } from './fold.check.ts';
import { Policies } from './policies.ts';
import { SeriesCheck } from './series.check.ts';
import { StreamsCheck } from './streams.check.ts';
import { type CoveringAnchor, TimeCheck } from './time.check.ts';
import { type StatedRoot, TreeCheck } from './tree.check.ts';

export interface LogPassOptions {
  readonly source: LogSource;
  readonly genesis: Genesis;
  /** Leaves to read. */
  readonly size: number;
  readonly checks: Checks;
  readonly isDeep: boolean;
  /** Sorted by size. */
  readonly statedRoots: readonly StatedRoot[];
  /** Sorted by size; undefined where time is not checked. */
  readonly anchors: readonly CoveringAnchor[] | undefined;
  /** Sizes that the log commits to and that an earlier pass came to know too late. */
  readonly sizesCommitted: readonly number[];
}

export interface PassCounts {
  /** Leaves that were read. */
  leaves: number;
  opened: number;
  /** Payloads that are not for us. */
  withheld: number;
}

const systemTypes = new Set(['LogPolicyChanged/1', 'KeyRotated/1', 'TimeTicked/1', 'StateCommitted/1']);
const chainIdPattern = /^(0|[1-9][0-9]{0,18})$/;
const blockHashPattern = /^0x[0-9a-f]{64}$/;

/** One way through the log, leaf by leaf: V3, V4, V5, V7, V8, and what V2 and V6 need of it. */
export class LogPass {
  readonly #options: LogPassOptions;
  readonly #entries: EntryReader;
  readonly #opener: EventOpener;
  readonly #tree: TreeCheck;
  readonly #streams: StreamsCheck;
  readonly #series: SeriesCheck;
  readonly #systemStream: string;
  readonly #unwanted: Unwanted = { entries: undefined, payloads: undefined };
  readonly policies: Policies;
  readonly fold: FoldCheck;
  readonly time: TimeCheck | undefined;
  readonly counts: PassCounts = { leaves: 0, opened: 0, withheld: 0 };
  #businessOpened = 0;
  #firstAbsence: Absence | undefined;

  constructor(options: LogPassOptions) {
    const { genesis, checks, source, statedRoots: stated, anchors } = options;
    const { origin, hasSuperseded, streamPrefix } = genesis.policy;
    this.#options = options;
    this.#entries = new EntryReader(origin);
    this.#opener = new EventOpener(origin, options.isDeep);
    this.#tree = new TreeCheck({ check: checks.V3, entriesCheck: checks.V4, source, stated });
    this.#streams = new StreamsCheck(checks.V5, { hasSuperseded });
    this.#series = new SeriesCheck(checks.V7);
    this.#systemStream = `${streamPrefix}log-0`;
    this.policies = new Policies(checks.V2, genesis.policy);
    this.fold = new FoldCheck(checks.V8, options.sizesCommitted);
    this.time = anchors && new TimeCheck(checks.V6, anchors);
    if (hasSuperseded) this.fold.breakAt(0);
  }

  get streams(): number {
    return this.#streams.streams;
  }

  async run(): Promise<void> {
    const { source, size, checks } = this.#options;
    for await (const bundle of bundlesOf(source, size, this.#unwanted)) {
      const { start, width, tile } = bundle;
      if (isAbsence(tile)) {
        this.#endAt(start, tile.message);
        return this.#finish();
      }
      if (tile.length !== width * hashBytes) {
        const index = start + Math.min(Math.floor(tile.length / hashBytes), width - 1);
        checks.V3.invalid.add({ index, message: `the tile of leaves ${start} to ${start + width - 1} has ${tile.length} bytes` });
        return this.#finish();
      }
      if (isAbsence(bundle.entries)) this.#loseEntries(start, bundle.entries);
      else this.#readLeaves(bundle, tile, bundle.entries);
      await this.#tree.next(start, width, tile);
      this.counts.leaves = start + width;
    }
    await this.#tree.finish();
    this.#finish();
  }

  /** Everything that is read leaf by leaf ends where the tree ends. */
  #endAt(index: number, message: string): void {
    const { V3, V4, V5, V6, V7, V8 } = this.#options.checks;
    for (const { unverifiable } of [V3, V4, V5, V6, V7, V8]) unverifiable.add({ index, message });
    this.fold.breakAt(index);
  }

  #loseEntries(index: number, absence: Absence): void {
    if (this.#unwanted.entries !== undefined) return;
    const { V4, V5, V6, V7, V8 } = this.#options.checks;
    for (const { unverifiable } of [V4, V5, V6, V7, V8]) unverifiable.add({ index, message: absence.message });
    this.fold.breakAt(index);
    this.#unwanted.entries = absence;
    this.#unwanted.payloads = absence;
  }

  #readLeaves({ start, width, payloads }: Bundle, tile: Buffer, bundle: Buffer): void {
    const { V4 } = this.#options.checks;
    const lines = this.#linesOf(start, payloads);
    const text = bundle.toString('latin1');
    const slots = tile.toString('hex');
    let offset = 0;
    for (let place = 0; place < width; place++) {
      const index = start + place;
      const end = offset + 2 <= bundle.length ? offset + 2 + bundle.readUInt16BE(offset) : Infinity;
      if (end > bundle.length) {
        V4.invalid.add({ index, message: 'the bundle of entries ends within the entry' });
        return this.fold.breakAt(index);
      }
      bundle[offset + 1] = 0x00; // The length was read; its last byte makes room for the prefix of a leaf.
      const leafHash = hash('sha256', bundle.subarray(offset + 1, end), 'hex');
      const isInTree = slots.startsWith(leafHash, place * 2 * hashBytes);
      if (!isInTree) {
        const slot = slots.slice(place * 2 * hashBytes, (place + 1) * 2 * hashBytes);
        V4.invalid.add({
          index,
          message: 'the entry does not hash to its place in the tree',
          evidence: { entryHash: leafHash, treeHash: slot },
        });
      }
      const entry = this.#entries.read(bundle, text, offset + 2, end);
      const isGenesis = index > 0 || leafHash === this.#options.genesis.hash;
      if (!isGenesis) V4.invalid.add({ index, message: 'leaf 0 is not the genesis that was asked for' });
      if (entry === undefined) this.#answerPattern(index, isInTree);
      else this.#readLeaf(index, leafHash, entry, lines && (lines[place] ?? ''));
      offset = end;
    }
  }

  #answerPattern(index: number, isInTree: boolean): void {
    this.fold.breakAt(index);
    const message = 'the entry has not the form of an entry of this log';
    if (isInTree) this.#options.checks.V4.invalid.add({ index, message });
  }

  /** The lines of a file of payloads; undefined where there are none for us. */
  #linesOf(start: number, payloads: Buffer | Absence): readonly string[] | undefined {
    if (!isAbsence(payloads)) return payloads.toString(isAscii(payloads) ? 'latin1' : 'utf8').split('\n');
    if (this.#firstAbsence !== undefined) return undefined;
    this.#firstAbsence = payloads;
    const { V7, V8 } = this.#options.checks;
    for (const { unverifiable } of [V7, V8]) unverifiable.add({ index: start, message: payloads.message });
    this.#unwanted.payloads = payloads;
    return undefined;
  }

  #readLeaf(index: number, leafHash: string, entry: Entry, line: string | undefined): void {
    const { V5, V7 } = this.#options.checks;
    const { stream, type, at } = entry;
    const opened = this.#open(index, entry, line);
    const isMalformed = opened?.isMalformed ?? (at === noInstant || stream.startsWith('invalid:') || type.startsWith('invalid:'));
    if (isMalformed) {
      const findings = opened === undefined ? V5.findings : V7.findings;
      findings.add({ name: 'format', index, message: 'the event breaks the format: it is a leaf, and posts nothing' });
    }
    const isNew = this.#streams.next({ index, entry, leafHash, isMalformed, isOpened: opened !== undefined });
    if (isMalformed || !isNew) return;
    this.time?.next(index, at, this.policies.current.toleranceSeconds);
    if (opened !== undefined) {
      this.fold.next(index, opened.payload, this.policies.current);
      this.#series.next(index, entry, opened.payload);
    }
    if (stream === this.#systemStream && systemTypes.has(type)) this.#readSystemLeaf(index, type, opened?.payload);
  }

  /** The stored event, if it is at hand and is the one in the tree. */
  #open(index: number, entry: Entry, text: string | undefined): OpenedEvent | undefined {
    const { V7 } = this.#options.checks;
    const line = text === undefined ? 'withheld' : (readExpectedLine(text, index, entry) ?? readPayloadLine(text, index));
    if (typeof line === 'string') {
      this.fold.breakAt(index);
      if (line === 'withheld') this.counts.withheld++;
      else if (text === '') V7.unverifiable.add({ index, message: 'the file of payloads has no line for the leaf' });
      else if (line === 'unreadable') V7.invalid.add({ index, message: 'the stored event cannot be read' });
      else {
        const message = 'the event store holds no such event any more';
        V7.findings.add({ name: 'missing-payload', index, message });
        V7.unverifiable.add({ index, message });
      }
      return undefined;
    }
    const opened = this.#opener.open(entry, line);
    this.counts.opened++;
    if (entry.stream !== this.#systemStream) this.#businessOpened++;
    if (!opened.isSame) {
      this.fold.breakAt(index);
      V7.invalid.add({ index, message: 'the stored event is not the one in the log', evidence: { pay: entry.pay, meta: entry.meta } });
      return undefined;
    }
    if (!opened.isCanonical) V7.findings.add({ name: 'format', index, message: 'the payload is not in canonical form' });
    return opened;
  }

  #readSystemLeaf(index: number, type: string, payload: unknown): void {
    const { V1, V2, V6, V8 } = this.#options.checks;
    if (payload === undefined) {
      const concerned = { 'LogPolicyChanged/1': [V1, V2], 'KeyRotated/1': [V2], 'TimeTicked/1': [V6], 'StateCommitted/1': [V8] }[type];
      for (const { unverifiable } of concerned ?? []) unverifiable.add({ index, message: `the payload of ${type} is not at hand` });
      return;
    }
    const fin = isObject(payload) ? payload['fin'] : undefined;
    if (type === 'LogPolicyChanged/1') this.policies.changed(index, fin);
    else if (type === 'KeyRotated/1') this.policies.rotated(index, fin);
    else if (type === 'StateCommitted/1') this.fold.commitment(index, fin);
    else this.#readTick(index, fin);
  }

  #readTick(index: number, fin: unknown): void {
    const { chainId, blockNumber, blockHash } = isObject(fin) ? fin : {};
    const areTexts = typeof chainId === 'string' && typeof blockNumber === 'string' && typeof blockHash === 'string';
    if (areTexts && chainIdPattern.test(chainId) && chainIdPattern.test(blockNumber) && blockHashPattern.test(blockHash)) {
      const { toleranceSeconds } = this.policies.current;
      this.time?.tick({ index, chainId: BigInt(chainId), blockNumber: BigInt(blockNumber), blockHash, toleranceSeconds });
    } else this.#options.checks.V6.invalid.add({ index, message: 'the tick cannot be read' });
  }

  /** V7 and V8 are made where payloads are readable, and then all of them must be. */
  #finish(): void {
    const { V7, V8 } = this.#options.checks;
    if (this.#businessOpened > 0 || this.counts.withheld === 0 || this.#firstAbsence?.why === 'failed') return;
    const reason = this.#firstAbsence?.message ?? 'the payloads are withheld';
    for (const check of [V7, V8]) check.leave('not checked', reason);
  }
}
