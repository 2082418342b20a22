import { ChainSet, type PlacedAnchor } from '../checks/chain-set.ts';
import { type Genesis, openGenesis } from '../log/genesis.ts';
import { parseHead, type SignedHead } from '../note/tree-head.ts';
import type { Unopened, Verdict } from '../verdict.ts';
import {
  belongsTo,
  checkOwnSum,
  type Commitment,
  commitmentIn,
  type OwnHistory,
  type ProvenBalance,
  provenBalanceOf,
} from './bill-balances.check.ts';
import { type BillCheckOutcome, type BillChecks, billOutcomesOf, billVerdictOf } from './bill-checks.ts';
import type { BillLeaf } from './bill-leaf.ts';
import { BillPostings } from './bill-postings.ts';
import { type BillStreams, billStreamsOf, checkStretch } from './bill-streams.ts';
import { BundleHead } from './bundle-head.ts';
import { type Bundle, parseBundle } from './bundle.ts';
import { type CheckedInvoice, checkInvoice } from './invoice.check.ts';
import { checkTerms, type TermsOutcome } from './terms.check.ts';
import { type ReadTerms, readTermsFiles, type TermsFiles } from './terms-files.ts';

export interface VerifyBillOptions {
  /** The text of the downloaded file. */
  readonly bundle: string;
  /** Leaf hash of the genesis, 64 lower-case hex, from somebody else than the operator's server. */
  readonly genesisHash: string;
  /** Nodes of the chains; none: no chain is asked, and the outcome says so. */
  readonly rpcUrls: readonly string[];
  /** Present: the bill is computed once more from these. */
  readonly computedFrom?: TermsFiles;
}

export interface BillOutcome {
  readonly verdict: Verdict;
  /** The log lists a chain, and it was not asked. */
  readonly isOffline: boolean;
  readonly origin: string;
  readonly account: string;
  readonly invoice: string | undefined;
  readonly head: SignedHead;
  /** Leaves that an anchor on the chain covers; of the head where no chain is asked. */
  readonly provenSize: number;
  readonly lastAnchor: PlacedAnchor | undefined;
  /** Undefined where it is not what it should be. */
  readonly commitment: Commitment | undefined;
  readonly balances: readonly ProvenBalance[];
  readonly invoices: readonly CheckedInvoice[];
  /** Leaves of the bundle that the last anchor does not cover yet. */
  readonly leavesInTail: number;
  readonly checks: readonly BillCheckOutcome[];
  /** Undefined where no terms were given. */
  readonly terms: TermsOutcome | undefined;
}

/**
 * Checks what a customer was told, from one file and without anybody else's data: the log committed to these balances, they are the sum of
 * the customer's own events, and each line of an invoice is the sum of charges that stand in the log. Throws only for defects of its own.
 */
export async function verifyBill({ bundle: text, genesisHash, rpcUrls, computedFrom }: VerifyBillOptions): Promise<BillOutcome | Unopened> {
  const bundle = parseBundle(text);
  if (typeof bundle === 'string') return { verdict: 'UNVERIFIABLE', reason: bundle };
  const from = computedFrom && readTermsFiles(computedFrom);
  if (typeof from === 'string') return { verdict: 'UNVERIFIABLE', reason: from };
  const genesis = openGenesis(bundle.genesis, genesisHash);
  if (typeof genesis === 'string') return { verdict: 'INVALID', reason: genesis };
  const head = parseHead(bundle.checkpoint);
  if (head === undefined) return { verdict: 'INVALID', reason: 'the checkpoint is no signed tree head' };
  const chains = await ChainSet.open(rpcUrls, genesis.policy);
  return new BillVerification(bundle, genesis, head, chains).run(rpcUrls.length > 0, from);
}

class BillVerification {
  readonly #bundle: Bundle;
  readonly #genesis: Genesis;
  readonly #checks: BillChecks;
  readonly #head: BundleHead;

  constructor(bundle: Bundle, genesis: Genesis, head: SignedHead, chains: ChainSet) {
    this.#bundle = bundle;
    this.#genesis = genesis;
    this.#head = new BundleHead({ file: bundle, genesis, head, chains });
    this.#checks = this.#head.checks;
  }

  async run(isChainAsked: boolean, from: ReadTerms | undefined): Promise<BillOutcome> {
    const { account, invoice } = this.#bundle;
    const { policies, provenSize } = await this.#head.check(isChainAsked);
    const streams = billStreamsOf(this.#head.open(this.#bundle.leaves), this.#checks);
    const postings = new BillPostings(this.#checks, policies.current.currencies);
    const commitment = this.#commitment();
    const balances = commitment === undefined ? [] : this.#balances(commitment, postings);
    const documents = this.#documents(streams);
    const invoices = documents.flatMap((document) => {
      const prefix = this.#genesis.policy.streamPrefix;
      return checkInvoice(this.#checks, { account, prefix, document, streams, postings }) ?? [];
    });
    if (invoice === undefined) this.#checkHistory(streams, { commitment, balances, postings, invoices });
    // An invoice must be under an anchor, of an account the balances: newer events, and for an invoice newer balances, may wait for theirs.
    const required = invoice === undefined ? [commitment?.index ?? 0] : invoices.map(({ lastLeaf }) => lastLeaf);
    this.#head.checkCover(Math.max(0, ...required), provenSize);
    const terms = from && checkTerms({ prefix: this.#genesis.policy.streamPrefix, account, streams, postings, ...from });
    const checks = billOutcomesOf(this.#checks);
    return {
      verdict: billVerdictOf([...checks, ...(terms === undefined ? [] : [terms])]),
      isOffline: !isChainAsked && policies.all.some(({ chains }) => chains.length > 0),
      ...{ origin: this.#genesis.policy.origin, account, invoice, head: this.#head.head, provenSize },
      ...{ lastAnchor: this.#head.lastAnchor, commitment, balances, invoices, checks, terms },
      leavesInTail: this.#bundle.leaves.filter(({ index }) => Number(index) >= provenSize).length,
    };
  }

  #commitment(): Commitment | undefined {
    const [leaf] = this.#head.open([this.#bundle.commitment]);
    return leaf && commitmentIn(this.#checks, leaf, this.#head.systemStream);
  }

  #balances(commitment: Commitment, { currencies }: BillPostings): ProvenBalance[] {
    const own = this.#bundle.balances.filter(({ account }) => belongsTo(this.#bundle.account, account));
    if (own.length === 0) this.#checks.V8.unverifiable.add({ message: 'the bundle proves no balance of the account' });
    return own.flatMap((balance) => provenBalanceOf(this.#checks, commitment, balance, currencies) ?? []);
  }

  /** The invoices to check: the one that the bundle is about, or all of the account. */
  #documents(streams: BillStreams): BillLeaf[] {
    const { invoice } = this.#bundle;
    const prefix = `${this.#genesis.policy.streamPrefix}invoice-`;
    const documents = [...streams].filter(([stream]) => (invoice === undefined ? stream.startsWith(prefix) : stream === prefix + invoice));
    if (invoice !== undefined && documents.length === 0)
      this.#checks.V9.unverifiable.add({ message: `invoice ${invoice} is not in the bundle` });
    return documents.flatMap(([, leaves]) => leaves.slice(0, 1));
  }

  /** For a whole account: nothing of its stream is missing, balances are its sum, and each closing of charges has its invoice. */
  #checkHistory(
    streams: BillStreams,
    {
      commitment,
      balances,
      postings,
      invoices,
    }: Pick<OwnHistory, 'balances' | 'postings'> & {
      readonly commitment: Commitment | undefined;
      readonly invoices: readonly CheckedInvoice[];
    },
  ): void {
    const { account } = this.#bundle;
    const stream = `${this.#genesis.policy.streamPrefix}account-${account}`;
    const leaves = streams.get(stream) ?? [];
    if (leaves.length === 0) this.#checks.V5.unverifiable.add({ message: `no event of ${stream} is in the bundle` });
    const isWhole = leaves.length > 0 && checkStretch(this.#checks, stream, leaves, 0) && leaves.every(({ fin }) => fin !== undefined);
    if (isWhole && commitment !== undefined) checkOwnSum(this.#checks, { account, leaves, commitment, balances, postings });
    let next = 1;
    for (const { entry, index, fin, countsForNothing } of leaves) {
      if (entry.type !== 'ChargesClosed/1' || countsForNothing || fin === undefined) continue;
      if (fin['fromRevision'] !== String(next))
        this.#checks.V9.invalid.add({
          index,
          message: `the charges closed here begin at ${String(fin['fromRevision'])}, and those before ended at ${next - 1}`,
        });
      next = entry.revision;
      if (!invoices.some(({ invoice }) => invoice === fin['invoice']))
        this.#checks.V9.unverifiable.add({
          index,
          message: `invoice ${String(fin['invoice'])} of these charges is not in the bundle, or cannot be checked`,
        });
    }
  }
}
