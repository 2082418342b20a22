import { newChecks, type Problem, type StatedAnchor } from '../checks/check.ts';
import { Policies } from '../checks/policies.ts';
import { areBalanced, linesOf, postingsOf } from '../fold/postings.ts';
import { type Entry, leafHashOf } from '../log/entry.ts';
import { type Genesis, openGenesis } from '../log/genesis.ts';
import { chainKeyOf } from '../log/policy.ts';
import { parseHead, type SignedHead } from '../note/tree-head.ts';
import { checkAnswer, checkReceipt } from './check-claims.ts';
import type { Evidence, EvidenceItem, OpenLeaf, ShownEvent, ShownLeaf } from './evidence.ts';
import { ifAnchored, type ItemAnswer, type ItemVerdict, proven, refuted, shown } from './item-verdict.ts';
import { bytesOf, ShownTree } from './shown-tree.ts';

export interface CheckedItem {
  readonly item: EvidenceItem;
  readonly verdict: ItemVerdict;
  readonly why: string;
}

export interface CheckedEvidence {
  /** The longest that any policy of the log allows a clock to be wrong, in seconds. */
  readonly toleranceSeconds: number;
  readonly origin: string;
  readonly genesis: Genesis;
  readonly head: SignedHead;
  readonly items: readonly CheckedItem[];
}

/** Checks a file of evidence with nothing but the genesis hash; answers why it is none, or what each item comes to. It throws for nothing. */
export function checkEvidence(evidence: Evidence, genesisHash: string): CheckedEvidence | string {
  try {
    return checked(evidence, genesisHash);
  } catch {
    return 'the file has not the form of evidence';
  }
}

function checked(evidence: Evidence, genesisHash: string): CheckedEvidence | string {
  const genesis = openGenesis(Buffer.from(JSON.stringify(evidence.genesis)), genesisHash);
  if (typeof genesis === 'string') return genesis;
  const head = parseHead(bytesOf(evidence.head));
  if (head?.origin !== genesis.policy.origin) return 'the head is none of this log';
  const checker = new Checker(genesis, head);
  const problem = checker.learnPolicies(evidence.policies);
  if (problem !== undefined) return problem;
  if (!checker.isSigned(head)) return 'no key of the log signed the head: the file accuses nobody';
  const items = evidence.items.map((item) => ({ item, ...checkedOr(() => checker.check(item)) }));
  return { origin: genesis.policy.origin, genesis, head, items, toleranceSeconds: checker.toleranceSeconds };
}

/** An item comes from outside and may be anything. */
function checkedOr(check: () => ItemAnswer): ItemAnswer {
  try {
    return check();
  } catch {
    return refuted('it has not the form of an item');
  }
}

const whereNoTime = 'nothing is asked of the time of one whose id stands in an earlier leaf';

class Checker {
  readonly #genesis: Genesis;
  readonly #tree: ShownTree;
  readonly #policies: Policies;
  #leaves: readonly OpenLeaf[] = [];

  constructor(genesis: Genesis, head: SignedHead) {
    this.#genesis = genesis;
    this.#tree = new ShownTree(head);
    this.#policies = new Policies(newChecks().V2, genesis.policy);
  }

  /** Each is signed by the recovery key that the one before names, so it needs no tree. Answers what is wrong with the first that is not. */
  learnPolicies(leaves: readonly OpenLeaf[]): string | undefined {
    this.#leaves = leaves;
    for (const leaf of leaves) {
      const { length } = this.#policies.state().changedAt;
      if (!this.#learn(leaf, this.#policies)) return `leaf ${leaf.index} brings no key and no policy`;
      if (this.#policies.state().changedAt.length === length) return `the recovery key did not sign for leaf ${leaf.index}`;
    }
    return undefined;
  }

  get toleranceSeconds(): number {
    return Math.max(...this.#policies.all.map(({ toleranceSeconds }) => toleranceSeconds));
  }

  isSigned({ note }: SignedHead): boolean {
    return this.#policies.signerOf(note).signer !== 'nobody';
  }

  check(item: EvidenceItem): ItemAnswer {
    if (item.kind === 'root') return this.#root(item);
    if (item.kind === 'entry') return this.#servedEntry(item);
    if (item.kind === 'receipt') return checkReceipt(item, this.#tree, this.#policies);
    if (item.kind === 'answer') return checkAnswer(item, this.#tree, this.#policies);
    if (item.kind === 'statement') return shown('to be seen by verifying the log, or a copy of it');
    const entry = this.#tree.entryOf(item.leaf);
    if (!this.#tree.holds(item.leaf)) return refuted('the leaf is not in the tree of the head');
    if (item.kind === 'form')
      return entry === undefined ? proven('the log holds a leaf that is no entry') : refuted('the leaf has the form of an entry');
    if (entry === undefined) return refuted('the leaf is no entry');
    if (item.kind === 'policy') return this.#policy(item.leaf);
    if (item.kind === 'before tick') return this.#beforeTick(item);
    if (item.kind === 'behind anchor') return this.#behindAnchor(item);
    if (item.kind === 'stream') return this.#stream(item.leaf, entry, item.before);
    if (item.kind === 'unbalanced') return this.#unbalanced(entry, item.leaf.event);
    return this.#tree.isEventOf(entry, item.served)
      ? refuted('the event is the one that the leaf commits to')
      : shown('the log served an event that the leaf does not commit to');
  }

  #root({ size, stated, tree }: Extract<EvidenceItem, { kind: 'root' }>): ItemAnswer {
    if (!this.#tree.had(size, tree)) return refuted('the root is not the one that the tree of the head has at this size');
    if (stated.root === tree.root) return refuted('both state the same root');
    if (stated.head === undefined && !this.#isListed(stated.anchor)) return refuted('no policy of the log lists the contract');
    if (stated.head === undefined) return ifAnchored(`the head is not of the tree that was anchored with ${size} leaves`);
    const other = parseHead(bytesOf(stated.head));
    if (other?.origin !== this.#tree.head.origin || other.size !== BigInt(size) || other.root !== stated.root || !this.isSigned(other))
      return refuted('no key of the log signed the other head, or it states something else');
    return proven('the log signed two heads of different trees');
  }

  /** A leaf that the policies before it do not allow. Those that the file has are all there are, or fewer: each was signed for. */
  #policy(leaf: OpenLeaf): ItemAnswer {
    const { V2 } = newChecks();
    const policies = new Policies(V2, this.#genesis.policy);
    for (const before of this.#leaves) if (BigInt(before.index) < BigInt(leaf.index)) this.#learn(before, policies);
    const [{ count }, { length }] = [V2.invalid, policies.state().changedAt];
    if (!this.#learn(leaf, policies)) return refuted('the leaf brings no key and no policy');
    const { told } = V2.invalid;
    if (told.length === count) return refuted('the log may go on under what the leaf brings');
    const why = (told.at(-1) as Problem).message;
    // Scales and prefix are those of the genesis for ever. Another recovery key may stand in a leaf that the file does not have.
    return policies.state().changedAt.length > length ? proven(why) : shown(`${why}, unless a leaf between has changed that key`);
  }

  /** False for a leaf that brings neither. */
  #learn(leaf: OpenLeaf, policies: Policies): boolean {
    const entry = this.#tree.entryOf(leaf);
    if (!this.#isSystemLeaf(entry, 'KeyRotated/1', 'LogPolicyChanged/1')) return false;
    const fin = this.#tree.payloadOf(entry, leaf.event)?.['fin'];
    if (entry.type === 'KeyRotated/1') policies.rotated(Number(leaf.index), fin);
    else policies.changed(Number(leaf.index), fin);
    return true;
  }

  #isListed(anchor: StatedAnchor | undefined): boolean {
    const listed = this.#policies.all.flatMap(({ chains }) => chains.map(chainKeyOf));
    return anchor !== undefined && listed.includes(`${anchor.chainId} ${anchor.contract.toLowerCase()}`);
  }

  /** What a log says of itself counts in one stream. */
  #isSystemLeaf(entry: Entry | undefined, ...types: readonly string[]): entry is Entry {
    return entry?.stream === `${this.#genesis.policy.streamPrefix}log-0` && types.includes(entry.type);
  }

  #isWellFormed(leaf: OpenLeaf): boolean {
    const entry = this.#tree.entryOf(leaf);
    return entry !== undefined && this.#tree.isEventOf(entry, leaf.event);
  }

  /** What the time of a block is, the chain has to say. */
  #beforeTick({ leaf, tick }: Extract<EvidenceItem, { kind: 'before tick' }>): ItemAnswer {
    const entry = this.#tree.entryOf(tick);
    if (!this.#tree.holds(tick) || BigInt(tick.index) >= BigInt(leaf.index)) return refuted('the tick is no earlier leaf');
    if (!this.#isSystemLeaf(entry, 'TimeTicked/1') || this.#tree.payloadOf(entry, tick.event) === undefined)
      return refuted('the other leaf is no tick');
    if (!this.#isWellFormed(leaf)) return refuted('nothing is asked of the time of a malformed event');
    return shown(`the leaf says to be older than the block that leaf ${tick.index} names; ${whereNoTime}`);
  }

  #behindAnchor({ leaf, size, anchor, tree }: Extract<EvidenceItem, { kind: 'behind anchor' }>): ItemAnswer {
    if (BigInt(leaf.index) >= BigInt(size)) return refuted('the anchor does not cover the leaf');
    if (!this.#tree.had(size, tree)) return refuted('the root is not the one that the tree of the head has at this size');
    if (!this.#isListed(anchor)) return refuted('no policy of the log lists the contract');
    if (!this.#isWellFormed(leaf)) return refuted('nothing is asked of the time of a malformed event');
    return shown(`the leaf says to be younger than the anchor that covers it; ${whereNoTime}`);
  }

  #servedEntry({ served, index, leafHash, path }: Extract<EvidenceItem, { kind: 'entry' }>): ItemAnswer {
    if (!this.#tree.holdsHash(index, leafHash, path)) return refuted('the tree of the head has another leaf there');
    if (leafHashOf(bytesOf(served)) === leafHash) return refuted('the entry is the one in the tree');
    return shown('the log served an entry that is not the one in its tree');
  }

  #stream(leaf: ShownLeaf, { stream, revision, prev }: Entry, before: ShownLeaf): ItemAnswer {
    const earlier = this.#tree.entryOf(before);
    if (!this.#tree.holds(before) || earlier?.stream !== stream || BigInt(before.index) >= BigInt(leaf.index))
      return refuted('the other leaf is no earlier one of the stream');
    if (revision <= earlier.revision) return proven('a later leaf of a stream has no later revision');
    if (revision === earlier.revision + 1 && prev !== leafHashOf(bytesOf(before.entry)))
      return shown('a leaf does not name the leaf of the revision before it; one whose event is malformed or a duplicate need not');
    if (revision === earlier.revision + 1) return refuted('the leaf follows the other');
    return shown('revisions are left out, unless they stand between the two leaves');
  }

  #unbalanced(entry: Entry, event: ShownEvent): ItemAnswer {
    const payload = this.#tree.payloadOf(entry, event);
    if (payload === undefined) return refuted('the event is not the one that the leaf commits to');
    const postings = postingsOf(linesOf(payload), this.#policies.current.currencies);
    if (postings === 'unreadable' || areBalanced(postings)) return refuted('debits and credits are equal, or nothing is posted');
    return shown('the log holds an event whose debits and credits differ; one whose id stands in an earlier leaf posts nothing');
  }
}
