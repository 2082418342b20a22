import { sleep } from '#platform';
import { type Check, type Checks, newChecks } from './checks/check.ts';
import { checkCadence, type GapRules } from './checks/cadence.ts';
import { ChainSet } from './checks/chain-set.ts';
import { compareClaims, type LogFiles, readLogFiles } from './checks/log-files.ts';
import { typesOfAnswers } from './checks/answers.check.ts';
import { LogPass } from './checks/log-pass.ts';
import type { PassKeeper } from './checks/pass-state.ts';
import {
  type NoteOfHead,
  type RememberedHead,
  rememberedHead,
  reportOtherRoots,
  rootsOfOtherTrees,
  rootStatedBy,
} from './checks/remembered-heads.ts';
import type { StatedRoot } from './checks/tree.check.ts';
import { checkWitnesses, type WitnessQuorum } from './checks/witnesses.check.ts';
import type { FoundRepeats, OpenIds } from './ids/id-store.ts';
import { MemoryIdStore } from './ids/memory.id-store.ts';
import { Ordinals } from './ids/ordinals.ts';
import { type Genesis, openGenesis } from './log/genesis.ts';
import type { PersonalOpening } from './log/personal-data.ts';
import { type BundleOpener, LocalBundleOpener } from './opening/bundle-opener.ts';
import type { LogToOpen } from './opening/opened-leaf.ts';
import type { SignedHead } from './note/tree-head.ts';
import type { LogSource } from './source/log-source.ts';
import { isAbsence, readPart } from './source/bundles.ts';
import { tileWidth } from './source/tile-path.ts';
import type { KeptIdStore } from './state/kept.id-store.ts';
import { type ResumePoint, type ResumeStore, rootsNotCompared, whyNotResumed } from './state/resume-point.ts';
import { type GoneOnWith, passSuperseded, repeatsDiffer } from './superseded.ts';
import { type Outcome, outcomeOf, type Unopened } from './verdict.ts';

export interface VerifyOptions {
  readonly source: LogSource;
  /** Leaf hash of the genesis, 64 lower-case hex, from somebody else than the log. */
  readonly genesisHash: string;
  /** The auditor's own nodes, one for each chain. */
  readonly rpcUrls: readonly string[];
  /** No chain is asked, and the verdict says so. */
  readonly isOffline: boolean;
  /** The contract that the auditor expects the log to list, lower-case 0x-hex. */
  readonly contract?: string | undefined;
  /** The log that this one goes on with, if its genesis names one, and the one before that. */
  readonly superseded?: readonly LogSource[];
  readonly isDeep?: boolean;
  /** Text of a file of signed answers, V9. */
  readonly answers?: string | undefined;
  /** Text of a file of receipts, V10. */
  readonly receipts?: string | undefined;
  /** Personal data that somebody handed over with their salts. */
  readonly personalData?: readonly PersonalOpening[];
  /** Who opens the leaves of a log of this size; by default the thread of the caller. Closed when they are all read. */
  readonly openerFor?: (log: LogToOpen, size: number) => BundleOpener;
  /** Where event ids are kept if nothing is resumed; by default in memory, as far as it has room. */
  readonly openIds?: OpenIds;
  /** Notes of heads that somebody was shown before, each with who remembers it: the log must have them all in its past. */
  readonly heads?: readonly NoteOfHead[];
  /** Who must have cosigned the head; undefined: nobody. */
  readonly witnesses?: WitnessQuorum | undefined;
  readonly gaps?: GapRules | undefined;
  /** Told of the signed head before anything of it is verified. */
  readonly onHead?: (note: Buffer) => void;
  /** Goes on from where an earlier verification was. */
  readonly resume?: ResumeStore;
  /** Told after each bundle. */
  readonly onProgress?: (progress: Progress) => void;
}

export interface Progress {
  /** Leaves that are done. */
  readonly leaves: number;
  /** Of so many. */
  readonly size: number;
  /** Leaf that this verification began with. */
  readonly from: number;
  /** Why it began with the first one, although there was something to go on from. */
  readonly anewBecause?: string | undefined;
}

const genesisBytesMax = 1024 * 1024;
/** Each pass may learn of chains, of sizes committed to, or of event ids that stand twice, that it should have known when it began. */
const passesMax = 4;
const staleHeadAttemptsMax = 3;
const staleHeadDelayMs = 1_000;

/**
 * Checks a log, steps V1 to V8 of docs/reference/log-format.md. Whatever the log consists of, the answer is a verdict; it throws only for
 * defects of its own.
 */
export async function verifyLog(options: VerifyOptions): Promise<Outcome | Unopened> {
  const { source, genesisHash } = options;
  const file = await readPart(source, 'genesis.json', genesisBytesMax);
  if (isAbsence(file)) return { verdict: 'UNVERIFIABLE', reason: file.message };
  const genesis = openGenesis(file, genesisHash);
  if (typeof genesis === 'string') return { verdict: 'INVALID', reason: genesis };
  const chains = await ChainSet.open(options.isOffline ? [] : options.rpcUrls, genesis.policy);
  const verification = new Verification(options, genesis, chains);
  const outcome = await verification.run();
  if (verification.hasReachedHead) options.resume?.bind();
  if (verification.hasReachedHead || outcome.verdict !== 'INVALID') return outcome;
  options.resume?.discard();
  if (!verification.beganUnbound) return outcome;
  return verifyLog(options); // What an interrupted verification was shown binds nobody: what is shown now is read from the first leaf.
}

interface PassPlan {
  /** Of all event ids those that stand in an earlier leaf. */
  readonly repeats: Ordinals;
  readonly sizesCommitted: readonly number[];
  readonly point: ResumePoint | undefined;
}

interface FinishedPass {
  readonly pass: LogPass;
  readonly found: FoundRepeats;
}

interface Finished {
  readonly pass: LogPass;
  /** That it went on from. */
  readonly point: ResumePoint | undefined;
  readonly repeats: Ordinals;
}

interface KeptBefore {
  /** Leaves that are kept already. */
  readonly from: number;
  readonly ids: KeptIdStore;
}

class Verification {
  readonly #options: VerifyOptions;
  readonly #genesis: Genesis;
  readonly #chains: ChainSet;
  #heads: readonly RememberedHead[] = [];
  #anewBecause: string | undefined;
  /** That the log goes on with, the first one first. */
  #superseded: readonly GoneOnWith[] = [];
  /** It went on from a point that no signed head was reached from. */
  beganUnbound = false;
  /** All leaves were read, and lead to the signed head. */
  hasReachedHead = false;

  constructor(options: VerifyOptions, genesis: Genesis, chains: ChainSet) {
    this.#options = options;
    this.#genesis = genesis;
    this.#chains = chains;
  }

  async run(): Promise<Outcome | Unopened> {
    const loaded = this.#load();
    let point = loaded?.point;
    if (this.#options.resume !== undefined && this.#resume === undefined)
      this.#anewBecause = 'a log that goes on with another one is read from its first leaf each time';
    this.#heads = (this.#options.heads ?? []).flatMap((head) => rememberedHead(head, this.#genesis.policy.origin) ?? []);
    this.beganUnbound = loaded?.isBound === false;
    let policies = [...(point?.pass.policies.all ?? [this.#genesis.policy])];
    let sizesCommitted: readonly number[] = [];
    let repeats = new Ordinals(point?.ids.repeats);
    for (let attempt = 1; ; attempt++) {
      const checks = newChecks();
      checks.V9.isAsked = this.#options.answers !== undefined;
      checks.V10.isAsked = this.#options.receipts !== undefined;
      await this.#chains.read(checks.V1, policies);
      const files = await this.#filesAfterAnchors();
      if ('reason' in files) return files;
      this.#options.onHead?.(files.head.note.bytes);
      point = point && this.#fitting(point, files);
      if (point === undefined) this.beganUnbound = false;
      const { pass, found } = await this.#pass(checks, files, { repeats, sizesCommitted, point });
      const isComplete = this.#chains.covers(pass.policies.all) && pass.fold.sizesMissed.length === 0;
      if (found.wereKnown && (isComplete || attempt === passesMax)) return this.#finish(checks, files, { pass, point, ...found });
      // Whoever took an event for a new one that is none may find anything wrong.
      if (attempt === passesMax) return { verdict: 'UNVERIFIABLE', reason: repeatsDiffer };
      policies = [...pass.policies.all];
      repeats = found.repeats;
      sizesCommitted = [...sizesCommitted, ...pass.fold.sizesMissed];
      const kept = isComplete && sizesCommitted.length === 0 ? this.#load()?.point : undefined;
      if ((kept?.pass.size ?? 0) > (point?.pass.size ?? 0)) attempt = 0; // The next one has less to read.
      point = kept;
    }
  }

  /** The last point, if it is of this log. */
  #load(): ReturnType<ResumeStore['load']> {
    const loaded = this.#resume?.load();
    return loaded?.point.genesisHash === this.#options.genesisHash ? loaded : undefined;
  }

  /** The point, if the verification can go on from there. */
  #fitting(point: ResumePoint, { head }: LogFiles): ResumePoint | undefined {
    const { genesisHash, isDeep = false, source, answers, receipts } = this.#options;
    const present = { genesisHash, isDeep, hasToken: source.hasToken ?? false, chains: this.#chains };
    const isShorter = head.size < BigInt(point.pass.size);
    const hasClaims = answers !== undefined || receipts !== undefined;
    const whyAnew = isShorter ? 'the log has fewer leaves than then' : whyNotResumed(point, present);
    this.#anewBecause = hasClaims ? 'answers and receipts are looked for in the whole log' : whyAnew;
    return this.#anewBecause === undefined ? point : undefined;
  }

  /** The head is read after the anchors, so a log that goes on shows at least what they cover; a cache may need a moment. */
  async #filesAfterAnchors(): Promise<LogFiles | Unopened> {
    for (let attempt = 1; ; attempt++) {
      const files = await readLogFiles(this.#options.source);
      const isBehind = !('reason' in files) && files.head.size < this.#chains.anchoredSize;
      if (!isBehind || !this.#options.source.isLive || attempt === staleHeadAttemptsMax) return files;
      await sleep(staleHeadDelayMs);
    }
  }

  /** Reads the log once, from its first leaf, or from where an earlier pass was, to its last. */
  async #pass(checks: Checks, files: LogFiles, { repeats, sizesCommitted, point }: PassPlan): Promise<FinishedPass> {
    const { source, isDeep = false, answers, receipts, personalData = [] } = this.#options;
    const { openerFor = (log) => new LocalBundleOpener(log), onProgress } = this.#options;
    const size = Number(files.head.size);
    const stated = this.#statedRoots(files);
    const log = { origin: this.#genesis.policy.origin, isDeep, ...(answers !== undefined && { typesAlsoRead: typesOfAnswers }) };
    const superseded = await passSuperseded(checks, this.#genesis, { ...this.#options, openIds: this.#openIds });
    const kept = this.#resume?.openIds(repeats, point?.ids);
    const ids = kept ?? superseded.pass?.ids.goingOn(repeats) ?? this.#openIds(repeats);
    const opener = openerFor(log, size);
    const from = point?.pass.size ?? 0;
    const anewBecause = this.#anewBecause;
    try {
      const pass = new LogPass({
        ...{ source, genesis: this.#genesis, size, checks, opener, ids, sizesCommitted, superseded: superseded.pass, from: point?.pass },
        ...{ answers, receipts, personalData },
        statedRoots: stated,
        anchors: this.#chains.isAsked ? this.#chains.coveringAnchors() : undefined,
        keeper: kept !== undefined && sizesCommitted.length === 0 ? this.#keeperOf(files, stated, { from, ids: kept }) : undefined,
        onRead: onProgress && ((leaves) => onProgress({ leaves, size, from, anewBecause })),
      });
      await pass.run();
      this.#superseded = superseded.logs;
      return { pass, found: ids.findRepeats() };
    } finally {
      ids.close();
      await opener.close();
    }
  }

  /** Of trees up to the head, by size. */
  #statedRoots({ head, headRoot, claimedRoots }: LogFiles): StatedRoot[] {
    const stated = [...this.#chains.statedRoots(), ...claimedRoots, ...this.#heads.map(rootStatedBy), headRoot];
    const size = Number(head.size);
    return stated.filter((root) => root.size > 0 && root.size <= size).toSorted((left, right) => left.size - right.size);
  }

  get #openIds(): OpenIds {
    return this.#options.openIds ?? (() => new MemoryIdStore());
  }

  /** What a log takes over from another one is read anew each time. */
  get #resume(): ResumeStore | undefined {
    return this.#genesis.policy.supersedes === undefined ? this.#options.resume : undefined;
  }

  /** Where all chains have their anchors, what is kept cannot be asked anew. */
  #keeperOf({ head }: LogFiles, stated: readonly StatedRoot[], { from, ids }: KeptBefore): PassKeeper | undefined {
    const { genesisHash, isDeep = false } = this.#options;
    const resume = this.#resume;
    if (resume === undefined) return undefined;
    const settled = Math.min(this.#chains.settledSize, Number(head.size));
    const last = settled - (settled % tileWidth);
    const anchors = this.#chains.isAsked ? this.#chains.anchorsByChain() : undefined;
    return {
      isDue: (size) => size > from && (size === last || (size < last && resume.isDue())),
      keep: (pass) => {
        const roots = new Map(stated.filter(({ size }) => size <= pass.size).map(({ size, root }) => [size, root]));
        const anchorsKept =
          anchors && new Map([...anchors].map(([key, list]) => [key, list.map(({ size, root, time }) => ({ size, root, time }))]));
        resume.save({ genesisHash, isDeep, anchors: anchorsKept, roots, pass, ids: ids.state() });
      },
    };
  }

  async #finish(checks: Checks, files: LogFiles, { pass, point, repeats }: Finished): Promise<Outcome> {
    const { source, genesisHash, isOffline } = this.#options;
    this.hasReachedHead = pass.counts.leaves === Number(files.head.size) && checks.V3.invalid.count + checks.V3.unverifiable.count === 0;
    const missed = point === undefined ? [] : rootsNotCompared(point, this.#statedRoots(files));
    const present = { source, size: Number(files.head.size), root: files.head.root };
    const others = await rootsOfOtherTrees(checks.V3, present, missed);
    reportOtherRoots(checks.V3, [...pass.disputed, ...others], pass.policies);
    this.#checkChains(checks.V1, pass);
    compareClaims(checks.V1, {
      claims: files.claims,
      chains: this.#chains,
      policies: pass.policies.all,
      isUncertain: pass.policies.isUncertain,
      logId: this.#chains.logId,
    });
    this.#checkHead(checks, files, pass);
    await this.#checkTime(checks.V6, pass);
    this.#checkAnswers(pass);
    for (const size of pass.fold.sizesMissed)
      checks.V8.unverifiable.add({ message: `the commitment to ${size} leaves could not be compared` });
    const size = Number(files.head.size);
    const anchoredSize = Number(this.#chains.anchoredSize);
    const isAnchored = pass.policies.all.some(({ chains }) => chains.length > 0) && !isOffline;
    return outcomeOf({
      ...{
        source,
        checks,
        size,
        isOffline,
        counts: { ...pass.counts, streams: pass.streams, commitments: pass.fold.commitments, personal: pass.personalData.counts },
      },
      ...{ origin: this.#genesis.policy.origin, genesisHash, logId: this.#chains.logId, root: files.head.root },
      provenSize: isAnchored ? anchoredSize : size,
      lastAnchor: this.#chains.lastAnchor,
      ...{ head: files.head.note.bytes, policyLeaves: pass.policies.state().changedAt, superseded: this.#superseded, repeats },
    });
  }

  /** V9 and V10, as far as something was handed in. */
  #checkAnswers({ answers, receipts, policies, fold, counts, entriesRead }: LogPass): void {
    const { origin } = this.#genesis.policy;
    const { currencies, toleranceSeconds } = policies.current;
    const keys = policies.receiptKeys;
    answers?.finish({ origin, keys, currencies, sizeKnown: Math.min(fold.brokenAt, counts.leaves) });
    const anchors = this.#chains.coveringAnchors();
    receipts?.finish({
      ...{ origin, keys, anchors, toleranceSeconds, sizeRead: entriesRead },
      ...{ originsBefore: this.#superseded.map((log) => log.origin), sizeKept: undefined },
    });
  }

  #checkChains(check: Check, pass: LogPass): void {
    const { contract, isOffline, rpcUrls, source } = this.#options;
    const listed = pass.policies.all.flatMap(({ chains }) => chains);
    if (contract !== undefined && !listed.some((chain) => chain.contract === contract)) {
      const evidence = { listed: listed.map((chain) => chain.contract).join(', ') || 'none' };
      check.invalid.add({ message: `no policy of the log lists the contract ${contract}`, evidence });
    }
    if (isOffline) check.leave('not checked', 'asked to work offline');
    else if (rpcUrls.length === 0 && !source.isLive)
      check.unverifiable.add({ message: 'files are verified with --rpc, or with --offline' });
    else if (listed.length === 0) check.leave('not applicable', 'the log lists no chain');
    else this.#chains.reportUnanswered(check, pass.policies.all);
  }

  #checkHead({ V2, V3, V4, V5 }: Checks, { head, vkeys, claimedSize }: LogFiles, { policies }: LogPass): void {
    if (head.origin !== this.#genesis.policy.origin) V2.invalid.add({ message: `the signed head is of ${head.origin}, not of this log` });
    const { signer, newestIndex } = policies.signerOf(head.note);
    const unknown = policies.areKeysKnown ? V2.invalid : V2.unverifiable;
    if (signer === 'nobody') unknown.add({ message: 'no key of the log signed the head', evidence: { head: head.note.text } });
    else if (signer === 'older') {
      const message = `the head is signed by an older key only; leaf ${newestIndex} brought a newer one`;
      if (Number(this.#chains.anchoredSize) > newestIndex) V2.invalid.add({ message, evidence: { head: head.note.text } });
      else V2.findings.add({ name: 'old-key', message });
    }
    const { witnesses, source } = this.#options;
    if (witnesses !== undefined) checkWitnesses(V2, head.note, witnesses, source.isLive);
    for (const vkey of vkeys)
      if (!policies.vkeys.includes(vkey)) unknown.add({ message: 'log.vkey is no key of this log', evidence: { vkey } });
    if (head.size === 0n) V2.invalid.add({ message: 'the signed head has no leaves, not even the genesis' });
    const [longest] = this.#heads
      .filter(({ size, note }) => size > head.size && policies.signerOf(note).signer !== 'nobody')
      .toSorted((left, right) => (left.size > right.size ? -1 : 1));
    if (longest !== undefined) this.#answerShorter({ V2, V3 }, head, longest);
    const covered = this.#chains.anchoredSize > claimedSize ? this.#chains.anchoredSize : claimedSize;
    if (head.size >= covered) return;
    const message = `the head has ${head.size} leaves, but ${covered} are anchored`;
    const evidence = { head: head.note.text, anchored: covered.toString() };
    // A copy may be older than the chain; a log that goes on, or states the anchor itself, may not.
    if (source.isLive || head.size < claimedSize) V2.invalid.add({ message: `${message}: a log never shrinks`, evidence });
    else
      for (const check of [V3, V4, V5])
        check.unverifiable.add({ message: `${message}: get a newer copy for leaves ${head.size} to ${covered - 1n}` });
  }

  /** The log signed a head of more leaves before. */
  #answerShorter({ V2, V3 }: Pick<Checks, 'V2' | 'V3'>, head: SignedHead, longest: RememberedHead): void {
    const message = `the head has ${head.size} leaves; the log signed one of ${longest.size} (${longest.from})`;
    const evidence = { head: head.note.text, longerHead: longest.note.text };
    if (this.#options.source.isLive) V2.invalid.add({ message: `${message}: a log never shrinks`, evidence });
    else V3.unverifiable.add({ message: `${message}: get a newer copy` });
  }

  async #checkTime(check: Check, { time, policies }: LogPass): Promise<void> {
    if (this.#options.isOffline) return check.leave('not checked', 'asked to work offline');
    if (policies.all.every(({ chains }) => chains.length === 0)) return check.leave('not applicable', 'the log lists no chain');
    if (time === undefined) {
      check.unverifiable.add({ message: 'no node of a listed chain answers' });
      return;
    }
    await time.finish((tick) => this.#chains.answerTick(tick));
    const { source, gaps } = this.#options;
    checkCadence(check, policies.current, { anchors: this.#chains.anchorsByChain(), isLive: source.isLive, gaps });
  }
}
