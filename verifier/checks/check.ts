export const checkNames = {
  V1: 'anchors on the chain',
  V2: 'signed tree head',
  V3: 'tree',
  V4: 'entries',
  V5: 'streams',
  V6: 'time',
  V7: 'payloads',
  V8: 'balances',
  V9: 'answers',
  V10: 'receipts',
} as const;

export type CheckId = keyof typeof checkNames;

export const checkIds = Object.keys(checkNames) as CheckId[];

export type FindingName =
  | 'format'
  | 'duplicate-id'
  | 'erased-subject'
  | 'missing-payload'
  | 'gap'
  | 'anchor-not-on-chain'
  | 'chain-not-asked'
  | 'foreign-head'
  | 'node-silent'
  | 'node-without-history'
  | 'late'
  | 'pending'
  | 'old-key'
  | 'unreadable-line'
  | 'admitted-loss';

/** What has to be shown so that an outsider sees the problem from a few leaves and proofs. */
export type ProofHint =
  /** A signed head, or an anchor, is of another tree than the log shows. */
  | {
      readonly kind: 'root';
      readonly size: number;
      readonly root: string;
      readonly head?: Buffer | undefined;
      readonly anchor?: StatedAnchor | undefined;
    }
  /** The leaf itself has not the form of an entry. */
  | { readonly kind: 'form' }
  /** The leaf does not follow an earlier leaf of its stream. */
  | { readonly kind: 'stream'; readonly before: number }
  /** The debits and credits that the leaf posts differ. */
  | { readonly kind: 'unbalanced' }
  /** The entry that is served is not the one in the tree. */
  | { readonly kind: 'entry' }
  /** The stored event that is served is not the one in the tree. */
  | { readonly kind: 'payload' }
  /** The leaf brings a policy or a key that the log cannot go on under, or that nobody signed for. */
  | { readonly kind: 'policy' }
  /** The leaf is older than the block of a tick before it. */
  | { readonly kind: 'before tick'; readonly tick: number }
  /** The leaf is younger than the block of an anchor that covers it. */
  | { readonly kind: 'behind anchor'; readonly size: number; readonly anchor: StatedAnchor }
  /** A receipt, as it was handed in, whose leaf is not there: another one is, or none is before that anchor. */
  | { readonly kind: 'receipt'; readonly receipt: string; readonly leaf?: number }
  /** The note of an answer that the log contradicts, and the leaf that alone shows it, where one does. */
  | { readonly kind: 'answer'; readonly note: Buffer; readonly leaf?: number | undefined };

/** An anchor, or what the log says is one. */
export interface StatedAnchor {
  readonly chainId: string;
  readonly contract: string;
  readonly tx?: string;
  readonly block?: string;
  readonly blockHash?: string;
}

/** Something that a check came upon. */
export interface Problem {
  /** The leaf that it is about, where it is about one. */
  readonly index?: number | undefined;
  readonly message: string;
  /** What an outsider needs to see it for himself, offline. */
  readonly evidence?: Readonly<Record<string, string>> | undefined;
  readonly proof?: ProofHint | undefined;
}

/** A remark by name. It never changes the verdict. */
export interface Finding extends Problem {
  readonly name: FindingName;
  /** About something that was handed in one by one: however many there are, none is only counted. */
  readonly isToldInFull?: boolean;
}

/** So many of a kind are told in full; all are counted. */
const toldMax = 100;

/** Problems of one kind: the first ones and their number, since a log may have millions. */
export class Problems<Told extends Problem> {
  readonly told: Told[] = [];
  count = 0;
  /** The one about the smallest index. */
  first: Told | undefined;

  resume({ told, count }: ProblemsState<Told>): void {
    for (const problem of told) this.add(problem);
    this.count = count;
  }

  add(problem: Told): void {
    this.count++;
    if (this.told.length < toldMax || ('isToldInFull' in problem && problem.isToldInFull === true)) this.told.push(problem);
    if (problem.index !== undefined && problem.index < (this.first?.index ?? Infinity)) this.first = problem;
  }
}

export interface CheckState {
  readonly unverifiable: ProblemsState<Problem>;
  readonly findings: ProblemsState<Finding>;
}

interface ProblemsState<Told extends Problem> {
  readonly told: readonly Told[];
  readonly count: number;
}

/** What one check says so far. */
export class Check {
  readonly id: CheckId;
  readonly invalid = new Problems();
  readonly unverifiable = new Problems();
  readonly findings = new Problems<Finding>();
  /** Why the check does not apply or was not made; undefined for one that was. */
  left: { readonly result: 'not applicable' | 'not checked'; readonly reason: string } | undefined;

  /** False for a check of something that was not handed in: nothing is said of it. */
  isAsked = true;

  constructor(id: CheckId) {
    this.id = id;
  }

  /** Adds what was found to another check. */
  tellTo(other: Check): void {
    for (const problem of this.invalid.told) other.invalid.add(problem);
    for (const problem of this.unverifiable.told) other.unverifiable.add(problem);
    for (const finding of this.findings.told) other.findings.add(finding);
  }

  /** Of a check that found nothing INVALID. */
  state(): CheckState {
    const { unverifiable, findings } = this;
    const stateOf = <Told extends Problem>({ told, count }: Problems<Told>) => ({ told: [...told], count });
    return { unverifiable: stateOf(unverifiable), findings: stateOf(findings) };
  }

  resume({ unverifiable, findings }: CheckState): void {
    this.unverifiable.resume(unverifiable);
    this.findings.resume(findings);
  }

  leave(result: 'not applicable' | 'not checked', reason: string): void {
    this.left = { result, reason };
  }
}

export type Checks = Readonly<Record<CheckId, Check>>;

export function newChecks(): Checks {
  return Object.fromEntries(checkIds.map((id) => [id, new Check(id)])) as unknown as Checks;
}
