/** What an attack comes to: a verdict of the verifier, or a refusal by whoever was to be deceived. */
export type Shown = 'INVALID' | 'UNVERIFIABLE' | 'VALID' | 'refused' | 'nothing found';

export interface Attack {
  readonly number: number;
  readonly attack: string;
  /** What finds it out, or makes it impossible. */
  readonly defence: string;
  readonly verdict: Shown;
  /** What no proof shows. */
  readonly remains: string;
}

type Row = readonly [attack: string, defence: string, verdict: Shown, remains: string];

const rows: readonly Row[] = [
  ['rewrite an event after anchoring', 'V3 and V4: leaf hashes under one anchor', 'INVALID', 'nothing, for anchored sizes'],
  [
    'rewrite an event before the next anchor',
    'V3 against a head that somebody remembers, V10 against a receipt',
    'INVALID',
    'VALID to who remembers nothing: the time until the first outsider looks',
  ],
  [
    'change the order of events',
    'V3: place in the tree; V5: `prev` and revision',
    'INVALID',
    "the order before sequencing is the operator's",
  ],
  ['delete or cut the tail', 'V1 and V3: a size never shrinks; V10', 'INVALID', 'a tail neither anchored nor receipted (12)'],
  ['truncate or scavenge the event store', "V4 and V5 on the log's own entries", 'UNVERIFIABLE', 'the payloads are gone, provably'],
  [
    'show two trees to two people',
    'V3 over all heads seen; the contract takes one branch only; a quorum of witnesses',
    'INVALID',
    'a client that looks at neither',
  ],
  [
    'anchor different trees on different chains',
    'V3 over the union of the chains that genesis lists',
    'INVALID',
    'chains that are not listed',
  ],
  [
    'anchor in a contract, or under a log, that nobody listed',
    'V1: genesis pins chains, origin and key',
    'INVALID',
    'a wrong genesis given to a newcomer',
  ],
  ['date a new event back', 'V6: what follows a tick is younger than it', 'INVALID', 'one interval between ticks, and the tolerance'],
  [
    'date an event forward, or hold it back',
    'V6: older than its anchor; V10: the deadline of its receipt',
    'INVALID',
    'held back before it was acknowledged',
  ],
  ['acknowledge an event and never log it', 'V10: the receipt', 'INVALID', 'nothing, if the customer keeps the receipt'],
  [
    'never acknowledge an event to anyone',
    'none by cryptography; invoice series, double entry, V11',
    'VALID',
    '**no cryptographic proof exists**',
  ],
  [
    'log a fabricated event honestly',
    'V11; the customer reviews the own account; a signature in the payload',
    'VALID',
    'parties that collude',
  ],
  ['publish another balance than the events give', 'V8 and V9: replay, or state proof', 'INVALID', 'a customer who checks nothing'],
  ['commit to two balances of one account', 'the place in the map is the key; V8', 'INVALID', 'none known'],
  [
    'leave an account out of the totals, or fill up with a negative one',
    'V8: the sum per currency is zero',
    'INVALID',
    'accounts nobody checks, without an auditor',
  ],
  ['change the fold in silence', 'each `StateCommitted` names its fold; V8', 'INVALID', 'a bug in the specification'],
  ['give old events another meaning by an upcaster', 'the fold reads what is stored; V8 on old roots', 'INVALID', 'none known'],
  ['pass a node for a leaf, or shorten a proof', 'prefixes, exact length, index below size', 'refused', 'none known'],
  ['prove at a wrong index or size', 'the proof binds the index, who signs or stores a head binds its size', 'refused', 'none known'],
  ['guess payloads of few possible values', 'salts of 256 bits', 'nothing found', 'a salt that leaks with its payload'],
  ['open one commitment to two texts', '`pay` commits to the plain text and its length', 'refused', 'none known'],
  [
    'steal the key of the publisher',
    'the guardian freezes; V3 finds no such leaves; an alarm',
    'INVALID',
    'the log cannot be anchored on; a new incarnation goes on with it',
  ],
  ['steal the key of the log', 'the signed head is not what was anchored; witnesses', 'INVALID', 'until the key is rotated'],
  ['rewrite history by an upgrade of the contract', 'there is no way to upgrade; V1: hash of the code', 'INVALID', 'none known'],
  [
    'undo an anchor by a reorganisation',
    'V1 counts what is final only',
    'UNVERIFIABLE',
    'a failure of finality; with an earlier anchor its verdict',
  ],
  ['replay a signature on another chain or contract', 'chain id, contract, log id and size are bound', 'refused', 'none known'],
  ['lie to the verifier about the chain', 'several nodes, one of them your own', 'UNVERIFIABLE', 'all nodes that are asked collude'],
  ['withhold entries or tiles', 'the verdict names what is missing; mirrors', 'UNVERIFIABLE', 'anchors never force publication'],
  ['let the log stall quietly', 'V6: ticks and anchors by the heartbeat', 'UNVERIFIABLE', 'the promised interval'],
  [
    'fork the log from a restored backup',
    'remembered heads, the contract and witnesses refuse',
    'INVALID',
    'what nobody has any more; a new incarnation admits it',
  ],
  [
    'abuse erasure to hide fraud',
    'only personal data can go; the erasure is a leaf; V7 counts',
    'VALID',
    'facts that stood in personal data only',
  ],
  ['send huge or malformed proofs', 'at most 64 and 65 hashes of 32 bytes, integers of any size', 'refused', 'none known'],
  ['begin anew under a changed identity', 'identity is origin and genesis hash', 'INVALID', 'none known'],
  ['name code for the verifier to run', 'the fold is a specification, nothing is downloaded', 'UNVERIFIABLE', 'none known'],
];

/** The attack table of the integrity specification, section 10. */
export const attacks: readonly Attack[] = rows.map(([attack, defence, verdict, remains], index) => ({
  ...{ number: index + 1, attack, defence, verdict, remains },
}));

/** `ATT-01` */
export const attackId = (number: number): string => `ATT-${String(number).padStart(2, '0')}`;
