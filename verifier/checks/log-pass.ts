import { isObject, parseJson } from '../log/canonical-json.ts';
import type { Entry } from '../log/entry.ts';
import type { Genesis } from '../log/genesis.ts';
import type { IdStore } from '../ids/id-store.ts';
import type { PersonalOpening } from '../log/personal-data.ts';
import { noInstant } from '../log/stored-event.ts';
import type { BundleOpener } from '../opening/bundle-opener.ts';
import { typesReadWhole } from '../opening/leaf-opener.ts';
import { openedBundlesOf } from '../opening/opened-bundles.ts';
import type { OpenedLeaf, LeafEvent, NoEvent } from '../opening/opened-leaf.ts';
import { type Absence, isAbsence, type Unwanted } from '../source/bundles.ts';
import type { LogSource } from '../source/log-source.ts';
import { tileWidth } from '../source/tile-path.ts';
import { hashBytes } from '../tree/node-hash.ts';
import { AnswersCheck, leafOfEndedLog } from './answers.check.ts';
import { type CheckId, type Checks } from './check.ts';
import { FoldCheck } from './fold.check.ts';
import type { PassKeeper, PassState } from './pass-state.ts';
import { PersonalDataCheck } from './personal-data.check.ts';
import { Policies } from './policies.ts';
import { ReceiptsCheck } from './receipts.check.ts';
import { SeriesCheck } from './series.check.ts';
import { SlaCreditsCheck } from './sla-credits.check.ts';
import { StreamsCheck } from './streams.check.ts';
import { type CoveringAnchor, TimeCheck } from './time.check.ts';
import { type StatedRoot, TreeCheck } from './tree.check.ts';

export interface LogPassOptions {
  readonly source: LogSource;
  readonly genesis: Genesis;
  /** Leaves to read. */
  readonly size: number;
  readonly checks: Checks;
  readonly opener: BundleOpener;
  /** Goes on from where an earlier pass was, and from the superseded log. */
  readonly ids: IdStore;
  /** Sorted by size. */
  readonly statedRoots: readonly StatedRoot[];
  /** Sorted by size; undefined where time is not checked. */
  readonly anchors: readonly CoveringAnchor[] | undefined;
  /** Sizes that the log commits to and that an earlier pass came to know too late. */
  readonly sizesCommitted: readonly number[];
  /** Where an earlier pass was. */
  readonly from?: PassState | undefined;
  readonly keeper?: PassKeeper | undefined;
  /** Told after each bundle how many leaves were read. */
  readonly onRead?: ((leaves: number) => void) | undefined;
  /** Texts of files to be held against the log; undefined where there are none. */
  readonly answers?: string | undefined;
  readonly receipts?: string | undefined;
  /** The finished way through the log that this one goes on with. */
  readonly superseded?: LogPass | undefined;
  /** Another log goes on with this one. */
  readonly isEnded?: boolean;
  /** Personal data that were handed over with their salts. */
  readonly personalData: readonly PersonalOpening[];
}

export interface PassCounts {
  /** Leaves that were read. */
  leaves: number;
  opened: number;
  /** Payloads that are not for us. */
  withheld: number;
}

/** Those whose problems come from reading leaves; the others ask the chain, which may answer otherwise another day. */
const checksOfLeaves: readonly CheckId[] = ['V2', 'V3', 'V4', 'V5', 'V6', 'V7', 'V8'];
const chainIdPattern = /^(0|[1-9][0-9]{0,18})$/;
const blockHashPattern = /^0x[0-9a-f]{64}$/;

const tooManyIds: Absence = {
  message: 'this verifier has no room for the ids of more events: verify the log by the command, which keeps them on disk',
  why: 'failed',
};

/** One way through the log, leaf by leaf: V3, V4, V5, V7, V8, and what V2 and V6 need of it. */
export class LogPass {
  readonly #options: LogPassOptions;
  readonly #tree: TreeCheck;
  readonly #streams: StreamsCheck;
  readonly #series: SeriesCheck;
  readonly #slaCredits: SlaCreditsCheck;
  readonly #systemStream: string;
  readonly #unwanted: Unwanted = { entries: undefined, payloads: undefined };
  readonly policies: Policies;
  readonly fold: FoldCheck;
  readonly time: TimeCheck | undefined;
  readonly answers: AnswersCheck | undefined;
  readonly receipts: ReceiptsCheck | undefined;
  readonly personalData: PersonalDataCheck;
  readonly counts: PassCounts = { leaves: 0, opened: 0, withheld: 0 };
  /** Leaves from the first on whose entries could all be read. */
  entriesRead = 0;
  #businessOpened = 0;
  /** Something is wrong, and not because of ids that stand twice. */
  #isHopeless = false;
  #firstAbsence: Absence | undefined;
  /** The first leaf whose line says that its payload is not for us. */
  #withheldFrom: number | undefined;

  constructor(options: LogPassOptions) {
    const { genesis, checks, source, statedRoots: stated, anchors, superseded, sizesCommitted } = options;
    const { supersedes, streamPrefix } = genesis.policy;
    this.#options = options;
    this.#tree = new TreeCheck({ check: checks.V3, entriesCheck: checks.V4, source, stated });
    const { ids } = options;
    const hasSuperseded = supersedes !== undefined;
    this.#streams =
      superseded === undefined ? new StreamsCheck(checks.V5, { ids, hasSuperseded }) : superseded.#streams.goingOn(checks.V5, ids);
    this.#series = superseded === undefined ? new SeriesCheck(checks.V7, { hasSuperseded }) : superseded.#series.goingOn(checks.V7);
    this.#slaCredits =
      superseded === undefined ? new SlaCreditsCheck(checks.V7, { hasSuperseded }) : superseded.#slaCredits.goingOn(checks.V7);
    this.personalData = new PersonalDataCheck(checks.V7, options.personalData);
    this.#systemStream = `${streamPrefix}log-0`;
    this.policies = new Policies(checks.V2, genesis.policy);
    this.fold = superseded?.fold.goingOn(checks.V8, sizesCommitted) ?? new FoldCheck(checks.V8, sizesCommitted);
    this.time = anchors && new TimeCheck(checks.V6, anchors);
    this.answers =
      superseded?.answers?.goingOn(checks.V9) ?? (options.answers === undefined ? undefined : new AnswersCheck(checks.V9, options.answers));
    this.receipts = options.receipts === undefined ? undefined : new ReceiptsCheck(checks.V10, options.receipts);
    if (supersedes !== undefined && superseded === undefined) this.fold.breakAt(0);
    if (options.from !== undefined) this.#resume(options.from);
  }

  /** Roots of notes that are not those of the tree. */
  get disputed(): readonly StatedRoot[] {
    return this.#tree.disputed;
  }

  /** Event ids of the log, and of those that it goes on with. */
  get ids(): IdStore {
    return this.#options.ids;
  }

  get streams(): number {
    return this.#streams.streams;
  }

  async run(): Promise<void> {
    const { source, size, checks, opener, keeper, onRead } = this.#options;
    const bundles = openedBundlesOf({ source, size, opener, unwanted: this.#unwanted, from: this.counts.leaves });
    for await (const { start, width, tile, leaves, payloadsAbsence } of bundles) {
      if (isAbsence(tile)) {
        this.#endAt(start, tile.message);
        return this.#finish();
      }
      if (tile.length !== width * hashBytes) {
        const index = start + Math.min(Math.floor(tile.length / hashBytes), width - 1);
        const message = `the tile of leaves ${start} to ${start + width - 1} has ${tile.length} bytes`;
        checks.V3.invalid.add({ index, message });
        this.#endAt(start, message);
        return this.#finish();
      }
      if (isAbsence(leaves)) this.#loseEntries(start, leaves);
      // Without the entries before them those that were read ahead would seem to leave events out.
      else if (this.#options.ids.room < width) this.#loseEntries(start, tooManyIds);
      else if (this.#unwanted.entries === undefined) {
        if (payloadsAbsence !== undefined) this.#losePayloads(start, payloadsAbsence);
        this.#readLeaves(start, width, tile, leaves);
      }
      await this.#tree.next(start, width, tile);
      this.counts.leaves = start + width;
      onRead?.(this.counts.leaves);
      if (keeper !== undefined && width === tileWidth && keeper.isDue(this.counts.leaves) && !this.#keep(keeper)) return this.#finish();
    }
    await this.#tree.finish();
    this.personalData.finish();
    this.#finish();
  }

  /** False where ids were taken for new that are none: whoever reads these leaves once more, with that knowledge, need not read others first. */
  #keep(keeper: PassKeeper): boolean {
    const isClean = this.#isClean();
    if (!isClean && this.#isHopeless) return true;
    if (!this.#options.ids.findRepeats().wereKnown) return false;
    if (isClean) keeper.keep(this.#state());
    else this.#isHopeless = true;
    return true;
  }

  /** Did everything go well so far? Payloads that nobody shows us count as well: who shows them later begins anew. */
  #isClean(): boolean {
    const { checks } = this.#options;
    if (this.disputed.length > 0) return false;
    const mayBeUnopened = (id: CheckId) => this.#areUnopened && (id === 'V7' || id === 'V8');
    const isComplete = this.fold.sizesMissed.length === 0 && (this.#withheldFrom === undefined || this.#areUnopened);
    return (
      isComplete &&
      checksOfLeaves.every((id) => checks[id].invalid.count === 0 && (checks[id].unverifiable.count === 0 || mayBeUnopened(id)))
    );
  }

  /** Are payloads not for us at all, so that V7 and V8 are not made? */
  get #areUnopened(): boolean {
    return this.#businessOpened === 0 && this.counts.withheld > 0 && this.#firstAbsence?.why !== 'failed';
  }

  #state(): PassState {
    const { checks } = this.#options;
    return {
      ...{ size: this.counts.leaves, counts: this.counts, businessOpened: this.#businessOpened },
      ...{ payloadsAbsence: this.#firstAbsence, withheldFrom: this.#withheldFrom },
      ...{
        tree: this.#tree.state(),
        streams: this.#streams.state(),
        series: this.#series.state(),
        slaCredits: this.#slaCredits.state(),
        personalData: this.personalData.state(),
        policies: this.policies.state(),
      },
      ...{ fold: this.fold.state(), time: this.time?.state() },
      checks: Object.fromEntries(checksOfLeaves.map((id) => [id, checks[id].state()])),
    };
  }

  #resume(from: PassState): void {
    const { checks } = this.#options;
    Object.assign(this.counts, from.counts);
    this.#businessOpened = from.businessOpened;
    this.#firstAbsence = from.payloadsAbsence;
    this.#withheldFrom = from.withheldFrom;
    this.#unwanted.payloads = from.payloadsAbsence?.why === 'absent' ? undefined : from.payloadsAbsence;
    this.#tree.resume(from.tree, from.size);
    this.#streams.resume(from.streams);
    this.#series.resume(from.series);
    this.#slaCredits.resume(from.slaCredits);
    this.personalData.resume(from.personalData);
    this.policies.resume(from.policies);
    this.fold.resume(from.fold);
    if (from.time !== undefined) this.time?.resume(from.time);
    for (const id of checksOfLeaves) if (from.checks[id] !== undefined) checks[id].resume(from.checks[id]);
  }

  #withhold(index: number): void {
    this.counts.withheld++;
    if (this.#firstAbsence === undefined) this.#withheldFrom ??= index;
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

  #losePayloads(index: number, absence: Absence): void {
    // One file that is not there says nothing of the next; who is refused one need not ask for all.
    if (absence.why !== 'absent') this.#unwanted.payloads ??= absence;
    if (this.#firstAbsence !== undefined) return;
    this.#firstAbsence = absence;
    const { V7, V8 } = this.#options.checks;
    for (const { unverifiable } of [V7, V8]) unverifiable.add({ index, message: absence.message });
  }

  #readLeaves(start: number, width: number, tile: Buffer, leaves: Iterable<OpenedLeaf>): void {
    const slots = tile.toString('hex');
    let place = 0;
    for (const leaf of leaves) {
      this.#readLeaf(start + place, leaf, slots.slice(place * 2 * hashBytes, (place + 1) * 2 * hashBytes));
      place++;
    }
    if (place === width) return;
    this.#options.checks.V4.invalid.add({ index: start + place, message: 'the bundle of entries ends within the entry' });
    this.fold.breakAt(start + place);
  }

  #readLeaf(index: number, { hash, entry, event }: OpenedLeaf, slot: string): void {
    const { V4 } = this.#options.checks;
    const isInTree = hash === slot;
    if (!isInTree)
      V4.invalid.add({
        index,
        message: 'the entry does not hash to its place in the tree',
        evidence: { entryHash: hash, treeHash: slot },
        proof: { kind: 'entry' },
      });
    const isGenesis = index > 0 || hash === this.#options.genesis.hash;
    if (!isGenesis) V4.invalid.add({ index, message: 'leaf 0 is not the genesis that was asked for' });
    if (entry === undefined) this.#answerPattern(index, isInTree);
    else this.#readEntry(index, hash, entry, event);
  }

  #answerPattern(index: number, isInTree: boolean): void {
    this.fold.breakAt(index);
    const message = 'the entry has not the form of an entry of this log';
    if (isInTree) this.#options.checks.V4.invalid.add({ index, message, proof: { kind: 'form' } });
  }

  #readEntry(index: number, leafHash: string, entry: Entry, event: LeafEvent | NoEvent): void {
    const { V5, V7 } = this.#options.checks;
    const { stream, type, at } = entry;
    if (this.entriesRead === index) this.entriesRead++;
    this.receipts?.next(index, stream, entry.revisionText, leafHash);
    const opened = this.#open(index, entry, event);
    const isMalformed = opened?.isMalformed ?? (at === noInstant || stream.startsWith('invalid:') || type.startsWith('invalid:'));
    if (isMalformed) {
      const findings = opened === undefined ? V5.findings : V7.findings;
      findings.add({ name: 'format', index, message: 'the event breaks the format: it is a leaf, and posts nothing' });
    }
    const isNew = this.#streams.next({ index, entry, leafHash, isMalformed, isOpened: opened !== undefined });
    if (isMalformed || !isNew) return;
    if (!this.policies.isUncertain) this.time?.next(index, at, this.policies.current.toleranceSeconds);
    const payload = opened?.payload === undefined ? undefined : parseJson(opened.payload);
    if (opened !== undefined) {
      this.fold.next(index, opened.lines, this.policies.current);
      this.#series.next(index, entry, payload);
      const place = this.#options.isEnded === true ? leafOfEndedLog : index;
      this.answers?.next(place, entry, opened.lines, payload, this.policies.current);
      this.personalData.next(index, entry, payload);
    } else this.#series.missed(entry);
    this.#slaCredits.next(index, entry, payload, this.policies.current);
    if (stream === this.#systemStream && typesReadWhole.has(type))
      this.#readSystemLeaf(index, type, opened === undefined ? 'unopened' : { payload });
  }

  /** The stored event, if it is at hand and is the one in the tree; else says why not. */
  #open(index: number, { stream, pay, meta }: Entry, event: LeafEvent | NoEvent): LeafEvent | undefined {
    const { V7 } = this.#options.checks;
    const isRead = typeof event !== 'string' || event === 'other';
    if (isRead) this.counts.opened++;
    if (isRead && stream !== this.#systemStream) this.#businessOpened++;
    if (typeof event !== 'string') {
      if (!event.isCanonical) V7.findings.add({ name: 'format', index, message: 'the payload is not in canonical form' });
      return event;
    }
    this.fold.breakAt(index);
    if (event === 'withheld') this.#withhold(index);
    else if (event === 'no line') V7.unverifiable.add({ index, message: 'the file of payloads has no line for the leaf' });
    else if (event === 'unreadable') V7.invalid.add({ index, message: 'the stored event cannot be read' });
    else if (event === 'other')
      V7.invalid.add({ index, message: 'the stored event is not the one in the log', evidence: { pay, meta }, proof: { kind: 'payload' } });
    else {
      const message = 'the event store holds no such event any more';
      V7.findings.add({ name: 'missing-payload', index, message });
      V7.unverifiable.add({ index, message });
    }
    return undefined;
  }

  #readSystemLeaf(index: number, type: string, opened: { readonly payload: unknown } | 'unopened'): void {
    const { V1, V2, V6, V8 } = this.#options.checks;
    if (opened === 'unopened') {
      if (type === 'LogPolicyChanged/1') this.policies.missedPolicy();
      else if (type === 'KeyRotated/1') this.policies.missedKey();
      const concerned = { 'LogPolicyChanged/1': [V1, V2, V6], 'KeyRotated/1': [V2], 'TimeTicked/1': [V6], 'StateCommitted/1': [V8] }[type];
      for (const { unverifiable } of concerned ?? []) unverifiable.add({ index, message: `the payload of ${type} is not at hand` });
      return;
    }
    const fin = isObject(opened.payload) ? opened.payload['fin'] : undefined;
    if (type === 'LogPolicyChanged/1') this.policies.changed(index, fin);
    else if (type === 'KeyRotated/1') this.policies.rotated(index, fin);
    else if (type === 'StateCommitted/1') this.fold.commitment(index, fin);
    else if (type === 'TimeTicked/1') this.#readTick(index, fin);
    else if (type === 'PersonalDataErased/1') this.personalData.erasure(index, fin);
  }

  #readTick(index: number, fin: unknown): void {
    const { chainId, blockNumber, blockHash } = isObject(fin) ? fin : {};
    const areTexts = typeof chainId === 'string' && typeof blockNumber === 'string' && typeof blockHash === 'string';
    if (areTexts && chainIdPattern.test(chainId) && chainIdPattern.test(blockNumber) && blockHashPattern.test(blockHash)) {
      const { toleranceSeconds } = this.policies.current;
      this.time?.tick({ index, chainId: BigInt(chainId), blockNumber: BigInt(blockNumber), blockHash, toleranceSeconds });
    } else this.#options.checks.V6.invalid.add({ index, message: 'the tick cannot be read' });
  }

  /** V7 and V8 are made where payloads are readable, and then all of them must be: else an operator could hide the one that is wrong. */
  #finish(): void {
    const { V7, V8 } = this.#options.checks;
    if (this.#areUnopened) {
      const reason = this.#firstAbsence?.message ?? 'the payloads are withheld';
      for (const check of [V7, V8]) check.leave('not checked', reason);
    } else if (this.#withheldFrom !== undefined) {
      const message = 'the payload is withheld, although others are not';
      for (const { unverifiable } of [V7, V8]) unverifiable.add({ index: this.#withheldFrom, message });
    }
  }
}
