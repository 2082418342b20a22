import { canonicalJson, type Json } from '../../services/event-store/domain/canonical-json.ts';
import { answerText } from '../../services/integrity/domain/answer.ts';
import type { NoteSigner } from '../../services/integrity/domain/note.ts';
import { promisesText, promiseText } from '../../services/integrity/domain/promise.ts';
import { leafOfText } from '../../services/integrity/domain/tree/node-hash.ts';
import { SmallTree } from '../../services/integrity/domain/tree/small-tree.ts';
import type { LogBuilder } from './log-builder.ts';

export const mergeDelaySeconds = 86_400;

export interface Promised {
  readonly stream: string;
  readonly rev: number;
  readonly leaf: string;
  /** Of the event. */
  readonly id?: string;
  /** When it was promised. */
  readonly at?: string;
}

/** The promise that is true of a leaf. */
export function promised(log: LogBuilder, index: number): Promised {
  const { stream, revision } = log.events[index]!;
  return { stream, rev: Number(revision), leaf: log.hashOf(index) };
}

/** Receipts over promises of one flush, as an API node signs them. */
export function receiptsOf(log: LogBuilder, promises: readonly Promised[], signer: NoteSigner = log.receipts) {
  const texts = promises.map(({ stream, rev, leaf, id = 'x', at = '2026-01-02T03:04:05.000Z' }) =>
    promiseText({ log: log.origin, leaf, id, stream, revision: BigInt(rev), issued: at }, mergeDelaySeconds),
  );
  const tree = new SmallTree(texts.map(leafOfText));
  const note = signer.sign(promisesText(log.origin, texts.length, tree.root()));
  return texts.map((text, index) => ({
    promise: Buffer.from(text).toString('base64'),
    index: String(index),
    count: String(texts.length),
    path: tree.inclusionProof(index).map((hash) => hash.toString('base64')),
    note,
  }));
}

/** An answer as the API signs it. */
export function answerOf(log: LogBuilder, asOfSize: number, value: Json, signer: NoteSigner = log.receipts) {
  return { current: { note: signer.sign(answerText(log.origin, BigInt(asOfSize), canonicalJson(value))) } };
}

/** The text of a file of receipts or answers. */
export function linesOf(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join('\n');
}
