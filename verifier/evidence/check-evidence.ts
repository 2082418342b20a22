import { newChecks, type StatedAnchor } from '../checks/check.ts';
import { Policies } from '../checks/policies.ts';
import { areBalanced, linesOf, postingsOf } from '../fold/postings.ts';
import { isObject, parseJson } from '../log/canonical-json.ts';
import { type Entry, EntryReader, leafHashOf } from '../log/entry.ts';
import { type Genesis, openGenesis } from '../log/genesis.ts';
import { decodeBase64 } from '../log/payload-line.ts';
import { chainKeyOf } from '../log/policy.ts';
import { recomputeEntry } from '../log/stored-event.ts';
import { verifyConsistency, verifyInclusion } from '../merkle.ts';
import { parseHead, type SignedHead } from '../note/tree-head.ts';
import type { Evidence, EvidenceItem, OpenLeaf, ShownEvent, ShownLeaf } from './evidence.ts';

/**
 * What an item comes to. `proven`: whoever has the genesis hash must agree. `if anchored`: so if the anchor is on the chain. `shown`: it fits, and
 * the rest shows when the log or a copy of it is verified; what was served bears nobody's signature. `refuted`: it does not hold.
 */
export type ItemVerdict = 'proven' | 'if anchored' | 'shown' | 'refuted';

export interface CheckedItem {
  readonly item: EvidenceItem;
  readonly verdict: ItemVerdict;
  readonly why: string;
}

export interface CheckedEvidence {
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
  return { origin: genesis.policy.origin, genesis, head, items };
}

interface Answer {
  readonly verdict: ItemVerdict;
  readonly why: string;
}

/** An item comes from outside and may be anything. */
function checkedOr(check: () => Answer): Answer {
  try {
    return check();
  } catch {
    return refuted('it has not the form of an item');
  }
}

const proven = (why: string): Answer => ({ verdict: 'proven', why });
const shown = (why: string): Answer => ({ verdict: 'shown', why });
const refuted = (why: string): Answer => ({ verdict: 'refuted', why });

class Checker {
  readonly #genesis: Genesis;
  readonly #head: SignedHead;
  readonly #policies: Policies;
  readonly #checks = newChecks();
  readonly #entries: EntryReader;

  constructor(genesis: Genesis, head: SignedHead) {
    this.#genesis = genesis;
    this.#head = head;
    this.#policies = new Policies(this.#checks.V2, genesis.policy);
    this.#entries = new EntryReader(genesis.policy.origin);
  }

  /** Each is signed by the recovery key that the one before names, so it needs no tree. */
  learnPolicies(leaves: readonly OpenLeaf[]): string | undefined {
    for (const leaf of leaves) {
      const [entry, event] = [this.#entryOf(leaf), leaf.event];
      const fin = entry && this.#payloadOf(entry, event)?.['fin'];
      if (entry?.type === 'KeyRotated/1') this.#policies.rotated(Number(leaf.index), fin);
      else if (entry?.type === 'LogPolicyChanged/1') this.#policies.changed(Number(leaf.index), fin);
      else return `leaf ${leaf.index} brings no key and no policy`;
    }
    return this.#checks.V2.invalid.told[0]?.message;
  }

  isSigned({ note }: SignedHead): boolean {
    return this.#policies.signerOf(note).signer !== 'nobody';
  }

  check(item: EvidenceItem): Answer {
    if (item.kind === 'root') return this.#root(item);
    if (item.kind === 'entry') return this.#servedEntry(item);
    if (item.kind === 'statement') return shown('to be seen by verifying the log, or a copy of it');
    const entry = this.#entryOf(item.leaf);
    if (!this.#isInTree(item.leaf)) return refuted('the leaf is not in the tree of the head');
    if (item.kind === 'form')
      return entry === undefined ? proven('the log holds a leaf that is no entry') : refuted('the leaf has the form of an entry');
    if (entry === undefined) return refuted('the leaf is no entry');
    if (item.kind === 'stream') return this.#stream(item.leaf, entry, item.before);
    if (item.kind === 'unbalanced') return this.#unbalanced(entry, item.leaf.event);
    return this.#isEventOf(entry, item.served)
      ? refuted('the event is the one that the leaf commits to')
      : shown('the log served an event that the leaf does not commit to');
  }

  #root({ size, stated, tree }: Extract<EvidenceItem, { kind: 'root' }>): Answer {
    const [size1, size2] = [BigInt(size), this.#head.size];
    const roots = { root1: hashOf(tree.root), root2: hashOf(this.#head.root) };
    if (!verifyConsistency({ size1, size2, ...roots, proof: tree.consistency.map(hashOf) }))
      return refuted('the root is not the one that the tree of the head has at this size');
    if (stated.root === tree.root) return refuted('both state the same root');
    if (stated.head === undefined && !this.#isListed(stated.anchor)) return refuted('no policy of the log lists the contract');
    if (stated.head === undefined)
      return { verdict: 'if anchored', why: `the head is not of the tree that was anchored with ${size} leaves` };
    const other = parseHead(bytesOf(stated.head));
    if (other?.origin !== this.#head.origin || other.size !== size1 || other.root !== stated.root || !this.isSigned(other))
      return refuted('no key of the log signed the other head, or it states something else');
    return proven('the log signed two heads of different trees');
  }

  #isListed(anchor: StatedAnchor | undefined): boolean {
    const listed = this.#policies.all.flatMap(({ chains }) => chains.map(chainKeyOf));
    return anchor !== undefined && listed.includes(`${anchor.chainId} ${anchor.contract.toLowerCase()}`);
  }

  #servedEntry({ served, index, leafHash, path }: Extract<EvidenceItem, { kind: 'entry' }>): Answer {
    const claim = { index: BigInt(index), size: this.#head.size, leafHash: hashOf(leafHash), root: hashOf(this.#head.root) };
    if (!verifyInclusion({ ...claim, proof: path.map(hashOf) })) return refuted('the tree of the head has another leaf there');
    if (leafHashOf(bytesOf(served)) === leafHash) return refuted('the entry is the one in the tree');
    return shown('the log served an entry that is not the one in its tree');
  }

  #stream(leaf: ShownLeaf, { stream, revision, prev }: Entry, before: ShownLeaf): Answer {
    const earlier = this.#entryOf(before);
    if (!this.#isInTree(before) || earlier?.stream !== stream || BigInt(before.index) >= BigInt(leaf.index))
      return refuted('the other leaf is no earlier one of the stream');
    if (revision <= earlier.revision) return proven('a later leaf of a stream has no later revision');
    if (revision === earlier.revision + 1 && prev !== leafHashOf(bytesOf(before.entry)))
      return shown('a leaf does not name the leaf of the revision before it; one whose event is malformed or a duplicate need not');
    if (revision === earlier.revision + 1) return refuted('the leaf follows the other');
    return shown('revisions are left out, unless they stand between the two leaves');
  }

  #unbalanced(entry: Entry, event: ShownEvent): Answer {
    const payload = this.#payloadOf(entry, event);
    if (payload === undefined) return refuted('the event is not the one that the leaf commits to');
    const postings = postingsOf(linesOf(payload), this.#policies.current.currencies);
    if (postings === 'unreadable' || areBalanced(postings)) return refuted('debits and credits are equal, or nothing is posted');
    return shown('the log holds an event whose debits and credits differ; one whose id stands in an earlier leaf posts nothing');
  }

  #entryOf({ entry }: ShownLeaf): Entry | undefined {
    const bytes = bytesOf(entry);
    return this.#entries.read(bytes, bytes.toString('latin1'), 0, bytes.length);
  }

  #isInTree({ index, entry, path }: ShownLeaf): boolean {
    const claim = {
      index: BigInt(index),
      size: this.#head.size,
      leafHash: hashOf(leafHashOf(bytesOf(entry))),
      root: hashOf(this.#head.root),
    };
    return verifyInclusion({ ...claim, proof: path.map(hashOf) });
  }

  /** The payload, if it is what the entry commits to. */
  #payloadOf(entry: Entry, event: ShownEvent): { readonly [name: string]: unknown } | undefined {
    if (!this.#isEventOf(entry, event)) return undefined;
    const payload = parseJson(bytesOf(event.data).toString('utf8'));
    return isObject(payload) ? payload : undefined;
  }

  #isEventOf(entry: Entry, { id, stream, rev, type, data, metadata }: ShownEvent): boolean {
    const [bytes, meta] = [decodeBase64(data), decodeBase64(metadata)];
    if (bytes === undefined || meta === undefined) return false;
    const stored = { id, stream, revision: rev, type, data: bytes, metadata: meta };
    const recomputed = recomputeEntry(this.#genesis.policy.origin, stored);
    const read = Buffer.from(recomputed.entry);
    const own = this.#entries.read(read, recomputed.entry, 0, read.length);
    return (
      !recomputed.isMalformed && own?.pay === entry.pay && own.meta === entry.meta && own.id === entry.id && own.stream === entry.stream
    );
  }
}

function bytesOf(base64: string): Buffer {
  const bytes = decodeBase64(base64);
  if (bytes === undefined) throw new RangeError('This is no base64.');
  return bytes;
}

function hashOf(hex: string): Buffer {
  if (!/^[0-9a-f]{64}$/.test(hex)) throw new RangeError('This is no hash.');
  return Buffer.from(hex, 'hex');
}
