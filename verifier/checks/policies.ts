import { isObject } from '../log/canonical-json.ts';
import { isSignedForRecovery, type LogPolicy, parsePolicy, whyNotSuccessor } from '../log/policy.ts';
import { bearsSignatureOf, type SignedNote } from '../note/signed-note.ts';
import { type NoteKey, parseVkey } from '../note/vkey.ts';
import type { Check } from './check.ts';

interface LogKey {
  readonly key: NoteKey;
  /** Leaf that brought it. */
  readonly index: number;
}

export interface PoliciesState {
  readonly keys: readonly { readonly vkey: string; readonly index: number }[];
  readonly all: readonly LogPolicy[];
  /** Leaves that the recovery key signed for. */
  readonly changedAt: readonly number[];
}

/** What the log promises, as its leaves change it: genesis first, then every `LogPolicyChanged` and `KeyRotated`. */
export class Policies {
  readonly #check: Check;
  readonly #keys: LogKey[];
  readonly #all: LogPolicy[];
  readonly #changedAt: number[] = [];
  #hasMissedKey = false;
  /** A change of policy could not be opened: what is in force now, and which key may change it, is not known. */
  isUncertain = false;
  /** In force for the leaf that is read next. */
  current: LogPolicy;

  /** Problems are those of V2: a policy that nobody signed for is as bad as a head that nobody signed. */
  constructor(check: Check, genesis: LogPolicy) {
    this.#check = check;
    this.current = genesis;
    this.#all = [genesis];
    this.#keys = [{ key: parseVkey(genesis.vkey) as NoteKey, index: 0 }];
  }

  /** Genesis first. */
  get all(): readonly LogPolicy[] {
    return this.#all;
  }

  /** Can a key be told from one of the log's? Not if a leaf that may have brought it could not be opened. */
  get areKeysKnown(): boolean {
    return !this.isUncertain && !this.#hasMissedKey;
  }

  get vkeys(): string[] {
    return this.#keys.map(({ key }) => key.vkey);
  }

  state(): PoliciesState {
    return { keys: this.#keys.map(({ key, index }) => ({ vkey: key.vkey, index })), all: this.#all, changedAt: this.#changedAt };
  }

  /** What the first leaves changed, the genesis included. */
  resume({ keys, all, changedAt }: PoliciesState): void {
    this.#keys.splice(0, Infinity, ...keys.map(({ vkey, index }) => ({ key: parseVkey(vkey) as NoteKey, index })));
    this.#all.splice(0, Infinity, ...all);
    this.#changedAt.splice(0, Infinity, ...changedAt);
    this.current = all.at(-1) as LogPolicy;
  }

  /** Every key that was ever listed for receipts and answers. */
  get receiptKeys(): NoteKey[] {
    const vkeys = new Set(this.#all.flatMap(({ receiptVkeys }) => receiptVkeys));
    return [...vkeys].flatMap((vkey) => parseVkey(vkey) ?? []);
  }

  /** A `LogPolicyChanged/1` whose payload is not at hand. */
  missedPolicy(): void {
    this.isUncertain = true;
  }

  /** A `KeyRotated/1` whose payload is not at hand. */
  missedKey(): void {
    this.#hasMissedKey = true;
  }

  /** `LogPolicyChanged/1`. */
  changed(index: number, fin: unknown): void {
    const policy = parsePolicy(fin);
    if (policy === undefined || !isObject(fin)) this.#refuse(index, 'the new policy cannot be read');
    else if (!isSignedForRecovery(fin, this.current.recoveryVkey)) this.#distrust(index, 'the recovery key did not sign the new policy');
    else {
      this.#changedAt.push(index);
      const problem = whyNotSuccessor(this.current, policy);
      // It does not come into force: what was posted under the scales before could not be written under others.
      if (problem !== undefined) return this.#refuse(index, `the log cannot go on under the new policy: ${problem}`);
      this.current = policy;
      this.#all.push(policy);
      this.#addKey(index, policy.vkey);
    }
  }

  /** `KeyRotated/1`. */
  rotated(index: number, fin: unknown): void {
    const vkey = isObject(fin) ? fin['vkey'] : undefined;
    const key = typeof vkey === 'string' ? parseVkey(vkey) : undefined;
    if (!isObject(fin) || key?.name !== this.current.origin) this.#refuse(index, 'the new log key cannot be read');
    else if (!isSignedForRecovery(fin, this.current.recoveryVkey))
      this.#distrust(index, 'the recovery key did not sign for the new log key');
    else if (this.vkeys.includes(key.vkey)) this.#refuse(index, 'the new log key is one that the log had before');
    else {
      this.#changedAt.push(index);
      this.#addKey(index, key.vkey);
    }
  }

  /**
   * Who signed a head: the newest key, only an older one, or nobody whom the log names. An older one is allowed for a while after a rotation;
   * `newestIndex` says since which leaf it should not be.
   */
  signerOf(note: SignedNote): { readonly signer: 'newest' | 'older' | 'nobody'; readonly newestIndex: number } {
    const newest = this.#keys.at(-1) as LogKey;
    const [signer] = this.#keys.filter(({ key }) => bearsSignatureOf(note, key)).toReversed();
    return { signer: signer === undefined ? 'nobody' : signer === newest ? 'newest' : 'older', newestIndex: newest.index };
  }

  #addKey(index: number, vkey: string): void {
    const key = parseVkey(vkey);
    // A key that was given up never comes back: who repeats an old leaf does not bring it.
    if (key !== undefined && !this.vkeys.includes(vkey)) this.#keys.push({ key, index });
  }

  /** Nobody can say who may sign after a change of policy that could not be opened: it may have named another recovery key. */
  #distrust(index: number, message: string): void {
    if (this.isUncertain) this.#check.unverifiable.add({ index, message: `${message}, as far as is known` });
    else this.#refuse(index, message);
  }

  #refuse(index: number, message: string): void {
    this.#check.invalid.add({ index, message, proof: { kind: 'policy' } });
  }
}
