export const checkNames = {
  V1: 'anchors on the chain',
  V2: 'signed tree head',
  V3: 'tree',
  V4: 'entries',
  V5: 'streams',
  V6: 'time',
  V7: 'payloads',
  V8: 'balances',
} as const;

export type CheckId = keyof typeof checkNames;

export const checkIds = Object.keys(checkNames) as CheckId[];

export type FindingName =
  | 'format'
  | 'duplicate-id'
  | 'missing-payload'
  | 'gap'
  | 'anchor-not-on-chain'
  | 'chain-not-asked'
  | 'node-without-history'
  | 'old-key'
  | 'unreadable-line';

/** Something that a check came upon. */
export interface Problem {
  /** The leaf that it is about, where it is about one. */
  readonly index?: number | undefined;
  readonly message: string;
  /** What an outsider needs to see it for himself, offline. */
  readonly evidence?: Readonly<Record<string, string>> | undefined;
}

/** A remark by name. It never changes the verdict. */
export interface Finding extends Problem {
  readonly name: FindingName;
}

/** So many of a kind are told in full; all are counted. */
const toldMax = 100;

/** Problems of one kind: the first ones and their number, since a log may have millions. */
export class Problems<Told extends Problem> {
  readonly told: Told[] = [];
  count = 0;
  /** The one about the smallest index. */
  first: Told | undefined;

  add(problem: Told): void {
    this.count++;
    if (this.told.length < toldMax) this.told.push(problem);
    if (problem.index !== undefined && problem.index < (this.first?.index ?? Infinity)) this.first = problem;
  }
}

/** What one check says so far. */
export class Check {
  readonly id: CheckId;
  readonly invalid = new Problems();
  readonly unverifiable = new Problems();
  readonly findings = new Problems<Finding>();
  /** Why the check does not apply or was not made; undefined for one that was. */
  left: { readonly result: 'not applicable' | 'not checked'; readonly reason: string } | undefined;

  constructor(id: CheckId) {
    this.id = id;
  }

  leave(result: 'not applicable' | 'not checked', reason: string): void {
    this.left = { result, reason };
  }
}

export type Checks = Readonly<Record<CheckId, Check>>;

export function newChecks(): Checks {
  return Object.fromEntries(checkIds.map((id) => [id, new Check(id)])) as unknown as Checks;
}
