import type { ChainSet, PlacedAnchor } from '../checks/chain-set.ts';
import { Policies } from '../checks/policies.ts';
import { EntryReader } from '../log/entry.ts';
import type { Genesis } from '../log/genesis.ts';
import { verifyConsistency } from '../merkle.ts';
import type { SignedHead } from '../note/tree-head.ts';
import { type BillChecks, newBillChecks } from './bill-checks.ts';
import { type BillLeaf, type BillTree, openBillLeaf } from './bill-leaf.ts';
import type { Bundle, BundledAnchor, BundledLeaf } from './bundle.ts';

/** What a file of leaves is proven with. */
export interface BundleHeadOptions {
  readonly file: Pick<Bundle, 'policies' | 'anchors'>;
  readonly genesis: Genesis;
  readonly head: SignedHead;
  readonly chains: ChainSet;
}

export interface CheckedHead {
  readonly policies: Policies;
  /** Leaves that a final anchor covers; of the head where no chain is asked. */
  readonly provenSize: number;
}

/** The signed head that everything in a file leads to: who signed it, and which anchors it extends. */
export class BundleHead {
  readonly checks: BillChecks = newBillChecks();
  readonly head: SignedHead;
  readonly systemStream: string;
  readonly #file: BundleHeadOptions['file'];
  readonly #genesis: Genesis;
  readonly #chains: ChainSet;
  readonly #tree: BillTree;

  constructor({ file, genesis, head, chains }: BundleHeadOptions) {
    const { origin, streamPrefix } = genesis.policy;
    this.head = head;
    this.systemStream = `${streamPrefix}log-0`;
    this.#file = file;
    this.#genesis = genesis;
    this.#chains = chains;
    const root = Uint8Array.from(Buffer.from(head.root, 'hex'));
    this.#tree = { origin, reader: new EntryReader(origin), size: head.size, root, checks: this.checks };
  }

  get lastAnchor(): PlacedAnchor | undefined {
    return this.#chains.lastAnchor;
  }

  /** V2, V1, and the part of V3 that leads from anchors to the head. */
  async check(isChainAsked: boolean): Promise<CheckedHead> {
    const policies = this.#policies();
    this.#checkSigner(policies);
    return { policies, provenSize: await this.#provenSize(policies, isChainAsked) };
  }

  /** Those that are in the tree; what is wrong with the others is added to the checks. */
  open(leaves: readonly BundledLeaf[]): BillLeaf[] {
    return leaves.flatMap((leaf) => openBillLeaf(this.#tree, leaf) ?? []);
  }

  /** Where a chain is asked, the last leaf that matters must be under one of its anchors. */
  checkCover(last: number, provenSize: number): void {
    const { V1 } = this.checks;
    if (V1.left !== undefined || last < provenSize) return;
    const message = `the last final anchor covers ${provenSize} leaves: download the bundle again after the next one`;
    V1.unverifiable.add({ index: last, message });
  }

  /** The promises of the log and its keys, as the file shows them. */
  #policies(): Policies {
    const policies = new Policies(this.checks.V2, this.#genesis.policy);
    for (const { index, entry, fin, countsForNothing } of this.open(this.#file.policies)) {
      if (entry.stream !== this.systemStream || countsForNothing) continue;
      if (entry.type === 'LogPolicyChanged/1') policies.changed(index, fin);
      else if (entry.type === 'KeyRotated/1') policies.rotated(index, fin);
    }
    return policies;
  }

  #checkSigner(policies: Policies): void {
    const { V2 } = this.checks;
    const { origin, note } = this.head;
    const { signer, newestIndex } = policies.signerOf(note);
    if (origin !== this.#genesis.policy.origin) V2.invalid.add({ message: `the signed head is of ${origin}, not of this log` });
    if (signer === 'nobody') V2.invalid.add({ message: 'no key of the log signed the head', evidence: { head: note.text } });
    if (signer === 'older')
      V2.findings.add({ name: 'old-key', message: `the head is signed by an older key only; leaf ${newestIndex} brought a newer one` });
  }

  async #provenSize(policies: Policies, isChainAsked: boolean): Promise<number> {
    const { V1 } = this.checks;
    const extended = this.#file.anchors.filter((anchor) => this.#isExtended(anchor));
    if (policies.all.every(({ chains }) => chains.length === 0)) V1.leave('not applicable', 'the log lists no chain');
    else if (!isChainAsked) V1.leave('not checked', 'no --rpc was given');
    if (V1.left !== undefined) return Number(this.head.size);
    await this.#chains.read(V1, policies.all);
    this.#chains.reportUnanswered(V1, policies.all);
    const onChain = new Map(this.#chains.statedRoots().map((stated) => [stated.size, stated]));
    let size = 0;
    for (const anchor of extended) {
      const stated = onChain.get(Number(anchor.size));
      if (stated === undefined) {
        const message = `the chain has no final anchor of ${anchor.size} leaves, which the bundle states`;
        V1.findings.add({ name: 'anchor-not-on-chain', message });
      } else if (stated.root === anchor.root) size = Math.max(size, stated.size);
      else
        V1.invalid.add({
          message: `the anchor of ${anchor.size} leaves has another root on the chain`,
          evidence: { ...stated.evidence, onChain: stated.root, bundle: anchor.root },
        });
    }
    return size;
  }

  #isExtended({ size, root, consistency, chainId }: BundledAnchor): boolean {
    const [root1, root2] = [root, this.head.root].map((hash) => Uint8Array.from(Buffer.from(hash, 'hex'))) as [Uint8Array, Uint8Array];
    if (verifyConsistency({ size1: size, size2: this.head.size, root1, root2, proof: consistency })) return true;
    const message = `the head does not extend the anchor of ${size} leaves on chain ${chainId}`;
    this.checks.V3.invalid.add({ message, evidence: { head: this.head.note.text, anchor: root } });
    return false;
  }
}
