import { isObject, parseCanonical } from '../log/canonical-json.ts';
import { leafHashOf } from '../log/entry.ts';
import { readObjects } from '../log/json-lines.ts';
import { decodeBase64 } from '../log/payload-line.ts';
import { verifyInclusion } from '../merkle.ts';
import { bearsSignatureOf, parseNote, type SignedNote } from '../note/signed-note.ts';
import type { NoteKey } from '../note/vkey.ts';
import type { Check } from './check.ts';
import type { CoveringAnchor } from './time.check.ts';

/** A promise with what signs it. */
export interface Receipt {
  /** For people: which one of the file it is. */
  readonly name: string;
  readonly promise: PromisedLeaf;
  readonly note: SignedNote;
  /** As it was handed in: evidence for anybody. */
  readonly text: string;
}

/** `tallyroot-promise/1`. */
interface PromisedLeaf {
  readonly by: string;
  readonly id: string;
  readonly leaf: string;
  readonly log: string;
  readonly stream: string;
  readonly rev: string;
}

interface Place {
  readonly index: number;
  readonly leafHash: string;
}

export interface ReceiptsContext {
  readonly origin: string;
  /** Every key that the log ever listed for receipts. */
  readonly keys: readonly NoteKey[];
  /** Final anchors, sorted by size; none where no chain is asked. */
  readonly anchors: readonly CoveringAnchor[];
  readonly toleranceSeconds: number;
  /** Leaves whose entries were all read. */
  readonly sizeRead: number;
  /** Other logs that this one goes on with, whose receipts are judged where their leaves are read. */
  readonly originsBefore: readonly string[];
  /** Leaves of a log that another one goes on with: what is not among them is lost, and admitted to be. Undefined for the newest log. */
  readonly sizeKept: number | undefined;
}

const instantPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const hex64 = /^[0-9a-f]{64}$/;
const numberPattern = /^(0|[1-9][0-9]{0,14})$/;
const noteText = /^tallyroot-promises\/1\n([^\n]+)\n(0|[1-9][0-9]{0,14})\n([A-Za-z0-9+/]{43}=)\n$/u;

/** V10: every receipt has its leaf at the promised place, and had it in time. */
export class ReceiptsCheck {
  readonly #check: Check;
  readonly #receipts: readonly Receipt[];
  readonly #unread: string[] = [];
  /** By place: what stands there, once it was read. */
  readonly #places = new Map<string, Place | undefined>();

  /** The text of a file of receipts, or of answers to commands that hold some. */
  constructor(check: Check, text: string) {
    this.#check = check;
    this.#receipts = readObjects(text).flatMap((value, place) => {
      const name = `receipt ${place + 1}`;
      const receipt = value && readReceipt(name, isObject(value['receipt']) ? value['receipt'] : value);
      if (receipt === undefined) this.#unread.push(name);
      return receipt ?? [];
    });
    for (const { promise } of this.#receipts) this.#places.set(placeOf(promise.stream, promise.rev), undefined);
  }

  /** Takes every leaf, whatever its event is. */
  next(index: number, stream: string, revision: string, leafHash: string): void {
    const place = placeOf(stream, revision);
    if (this.#places.has(place) && this.#places.get(place) === undefined) this.#places.set(place, { index, leafHash });
  }

  finish(context: ReceiptsContext): void {
    const { origin, originsBefore, sizeKept } = context;
    for (const receipt of this.#receipts) if (receipt.promise.log === origin) this.#judge(receipt, context);
    if (sizeKept !== undefined) return; // What is said of the others is said once, for the newest log.
    for (const name of this.#unread) this.#check.unverifiable.add({ message: `${name} is none: it proves nothing` });
    for (const { name, promise } of this.#receipts)
      if (promise.log !== origin && !originsBefore.includes(promise.log))
        this.#check.unverifiable.add({ message: `${name} is of another log: ${promise.log}` });
  }

  #judge(receipt: Receipt, { keys, anchors, toleranceSeconds, sizeRead, sizeKept }: ReceiptsContext): void {
    const { name, promise, note, text } = receipt;
    const { stream, rev, by } = promise;
    const place = `revision ${rev} of ${stream}`;
    if (!keys.some((key) => bearsSignatureOf(note, key)))
      return this.#check.unverifiable.add({ message: `${name} is not signed by a receipts key of the log: it proves nothing` });
    const found = this.#places.get(placeOf(stream, rev));
    if (found !== undefined && found.leafHash !== promise.leaf) {
      const message = `${name}: another leaf than the promised one is at ${place}`;
      const evidence = { receipt: text, found: found.leafHash };
      const proof = { kind: 'receipt', receipt: text, leaf: found.index } as const;
      return this.#check.invalid.add({ index: found.index, message, evidence, proof });
    }
    const deadline = Date.parse(by) + toleranceSeconds * 1000;
    const overdue = anchors.find(({ time }) => time * 1000 > deadline);
    if (found !== undefined) {
      if (overdue === undefined || found.index < overdue.size) return;
      const message = `${name}: the leaf is there, but came after the promised ${by}`;
      return this.#check.findings.add({ name: 'late', index: found.index, message });
    }
    if (overdue !== undefined && overdue.size <= sizeRead) {
      const message = `${name}: ${place} was promised by ${by}, and is not in the log`;
      const evidence = { receipt: text, anchoredSize: String(overdue.size), anchoredAt: new Date(overdue.time * 1000).toISOString() };
      return this.#check.invalid.add({ message, evidence, proof: { kind: 'receipt', receipt: text } });
    }
    if (sizeKept !== undefined) return this.#answerLoss(receipt, sizeRead, sizeKept);
    // Our own clock convicts nobody; a final anchor behind the deadline does.
    if (Date.now() <= deadline)
      this.#check.findings.add({ name: 'pending', message: `${name}: ${place} is promised by ${by}, and not there yet` });
    else
      this.#check.unverifiable.add({
        message: `${name}: ${place} is overdue since ${by}; an anchor after that, and the log up to it, can prove it`,
      });
  }

  /** The log ended before anything could convict it: either the leaf was among those that were lost, or its time had not come. */
  #answerLoss({ name, promise, text }: Receipt, sizeRead: number, sizeKept: number): void {
    const { id, stream, rev, by } = promise;
    if (sizeRead < sizeKept)
      return this.#check.unverifiable.add({
        message: `${name}: of the ${sizeKept} leaves that are gone on with, ${sizeRead} could be read`,
      });
    const message = `${name}: event ${id}, revision ${rev} of ${stream}, was promised by ${by} and is lost, as the operator admits`;
    this.#check.findings.add({
      name: 'admitted-loss',
      message,
      evidence: { event: id, stream, revision: rev, receipt: text },
      isToldInFull: true,
    });
  }
}

/** Reads a receipt, and follows its path to the root that is signed; undefined for anything else. */
export function readReceipt(
  name: string,
  { promise: encoded, index, count, path, note: encodedNote }: { readonly [name: string]: unknown },
): Receipt | undefined {
  if (typeof encoded !== 'string' || typeof index !== 'string' || typeof count !== 'string' || typeof encodedNote !== 'string')
    return undefined;
  const bytes = decodeBase64(encoded);
  const note = parseNote(Buffer.from(encodedNote));
  const promise = bytes && promiseOf(parseCanonical(bytes.toString('utf8')));
  const hashes = Array.isArray(path) ? path.map((hash) => (typeof hash === 'string' ? decodeBase64(hash) : undefined)) : [undefined];
  const [, origin, signedCount, root] = noteText.exec(note?.text ?? '') ?? [];
  if (bytes === undefined || note === undefined || promise === undefined || root === undefined || hashes.includes(undefined))
    return undefined;
  if (!numberPattern.test(index) || count !== signedCount || origin !== promise.log) return undefined;
  const isPromised = verifyInclusion({
    ...{ index: BigInt(index), size: BigInt(count), proof: (hashes as Buffer[]).map((hash) => Uint8Array.from(hash)) },
    ...{ leafHash: bytesOf(leafHashOf(bytes)), root: Uint8Array.from(Buffer.from(root, 'base64')) },
  });
  const text = JSON.stringify({ promise: encoded, index, count, path, note: encodedNote });
  return isPromised ? { name, promise, note, text } : undefined;
}

function promiseOf(value: unknown): PromisedLeaf | undefined {
  if (!isObject(value) || value['v'] !== 'tallyroot-promise/1') return undefined;
  const { by, id, leaf, log, stream, rev } = value;
  if (typeof by !== 'string' || typeof leaf !== 'string' || typeof log !== 'string' || typeof stream !== 'string') return undefined;
  if (typeof id !== 'string' || typeof rev !== 'string' || !instantPattern.test(by) || Number.isNaN(Date.parse(by)) || !hex64.test(leaf))
    return undefined;
  return { by, id, leaf, log, stream, rev };
}

function placeOf(stream: string, revision: string): string {
  return `${revision} ${stream}`;
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}
