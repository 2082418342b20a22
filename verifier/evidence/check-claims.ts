import { type SignedAnswer, readAnswer } from '../checks/answer.ts';
import { contradicts } from '../checks/answers.check.ts';
import type { Policies } from '../checks/policies.ts';
import { readReceipt } from '../checks/receipts.check.ts';
import { isObject } from '../log/canonical-json.ts';
import { leafHashOf } from '../log/entry.ts';
import { bearsSignatureOf, type SignedNote } from '../note/signed-note.ts';
import type { EvidenceItem, OpenLeaf } from './evidence.ts';
import { type ItemAnswer, proven, refuted, shown } from './item-verdict.ts';
import { bytesOf, type ShownTree } from './shown-tree.ts';

/*
 * What the log said to somebody and signed, against what it holds.
 */

/** Another leaf where a receipt promises one, or none. */
export function checkReceipt(
  { receipt, leaf }: Extract<EvidenceItem, { kind: 'receipt' }>,
  tree: ShownTree,
  policies: Policies,
): ItemAnswer {
  const read = readReceipt('the receipt', receipt);
  if (read?.promise.log !== tree.head.origin) return refuted('it is no receipt of this log');
  if (!isSignedByReceiptsKey(read.note, policies)) return refuted('no receipts key of the log signed the receipt');
  const { stream, rev, leaf: promised } = read.promise;
  if (leaf === undefined) return shown('the log signed the promise; that it was not kept shows when the log is verified up to the anchor');
  const entry = tree.entryOf(leaf);
  if (!tree.holds(leaf) || entry?.stream !== stream || entry.revisionText !== rev)
    return refuted('the leaf is not in the tree of the head at the promised place');
  if (leafHashOf(bytesOf(leaf.entry)) === promised) return refuted('the leaf is the one that was promised');
  return proven('the log promised one leaf, and holds another in its place');
}

/** An answer that the log contradicts. */
export function checkAnswer({ note, leaf }: Extract<EvidenceItem, { kind: 'answer' }>, tree: ShownTree, policies: Policies): ItemAnswer {
  const answer = readAnswer('the answer', { current: { note: bytesOf(note).toString('utf8') } });
  if (answer?.origin !== tree.head.origin) return refuted('it is no answer of this log');
  if (!isSignedByReceiptsKey(answer.note, policies)) return refuted('no receipts key of the log signed the answer');
  if (leaf === undefined) return shown('the log signed the answer; that it is wrong shows when the log is verified');
  return saysOtherwise(answer, leaf, tree)
    ? proven('the log signed an answer, and holds the invoice with other words')
    : refuted('the leaf does not say something else of the invoice');
}

function saysOtherwise(answer: SignedAnswer, leaf: OpenLeaf, tree: ShownTree): boolean {
  const entry = tree.entryOf(leaf);
  if (answer.kind !== 'invoice' || entry?.type !== 'InvoiceIssued/1' || !tree.holds(leaf)) return false;
  const fin = tree.payloadOf(entry, leaf.event)?.['fin'];
  if (!isObject(fin) || fin['invoice'] !== answer.invoice || !entry.stream.endsWith(`.invoice-${answer.invoice}`)) return false;
  return contradicts({ index: Number(leaf.index), fin }, answer);
}

function isSignedByReceiptsKey(note: SignedNote, { receiptKeys }: Policies): boolean {
  return receiptKeys.some((key) => bearsSignatureOf(note, key));
}
