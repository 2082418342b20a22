import type { StoredEvent } from '../../event-store/domain/event-store.ts';
import type { ProviderLog } from '../../integrity/application/provider-logs.ts';
import { systemStream } from '../../integrity/application/system-log.ts';
import { textSignedBy } from '../../integrity/domain/signed-note.ts';
import { treeHeadOf } from '../../integrity/domain/tree-head.ts';
import { type CapturedTree, captureTree } from './captured-tree.ts';
import { walkLeaves } from './leaf-walk.ts';
import type { LogToCheck } from './log-to-check.ts';
import { check, Part, type PartReport } from './part.ts';
import { checkCommitments, checkRounds } from './rounds.ts';
import { TreeWalk } from './tree-walk.ts';

/** Leaf rows and tiles against the events, then everything that states a root against the tree that they give: one way through the log. */
export async function checkLogTables(options: LogToCheck): Promise<PartReport[]> {
  const { log, scratch, store, leaves, memory, onProgress } = options;
  const [leafPart, tiles, heads, rounds, anchors] = ['leaves', 'tiles', 'heads', 'rounds', 'anchors'].map(
    (name) => new Part(name, log.slug),
  ) as [Part, Part, Part, Part, Part];
  return check([leafPart, tiles, heads, rounds, anchors], async () => {
    // Before the rows: it is written after a head was shown, and so is never ahead of them.
    const remembered = await memory.latest(log.slug);
    const tree = await captureTree(scratch, log.slug, remembered && { ...remembered, name: memory.name });
    await checkEdge(options, tree, heads);
    const walk = new TreeWalk({ log: log.slug, tree, leaves, client: scratch.client, parts: { tiles, heads, rounds, anchors } });
    for await (const { from, hashes, events } of walkLeaves({ log, tree, store, leaves, part: leafPart })) {
      await walk.next(hashes);
      await checkCommitments(options, rounds, commitmentsIn(log, events));
      onProgress(from + BigInt(hashes.length / 32), tree.size);
    }
    if (tree.extraLeaf !== undefined) leafPart.differs(tree.extraLeaf);
    await walk.finish();
    checkNote(log, tree, heads);
    await checkRounds(options, rounds);
  });
}

/** Which store the tree was made of, and how far. */
async function checkEdge({ log, store }: LogToCheck, { storeId, position, size }: CapturedTree, part: Part): Promise<void> {
  if (storeId === undefined) return;
  const head = await store.head();
  const at = (column: string) => ({ table: 'integrity_tree', key: log.slug, column });
  if (storeId !== head.storeId)
    part.differs({ message: 'the tree is of another event store', at: at('store_id'), expected: head.storeId, found: storeId });
  if (position > head.position || (size > 0n && position < log.genesisPosition)) {
    const expected = `${log.genesisPosition} to ${head.position}`;
    part.differs({
      message: 'the tree goes up to a position that the event store does not have',
      at: at('position'),
      expected,
      found: `${position}`,
    });
  }
}

/** The head that is shown says what its row says, under a key of the log. */
function checkNote({ slug, origin, vkeys }: ProviderLog, { head, hasStatedRoots }: CapturedTree, part: Part): void {
  const at = { table: 'integrity_head', key: slug, column: 'note' };
  if (head === undefined && hasStatedRoots)
    part.differs({ message: 'there is no head, and others know of one', at: { ...at, column: 'size' } });
  if (head === undefined) return part.leave('not checked', 'no head was signed yet');
  if (head.note === '' && head.published_size === 0n) return;
  const text = vkeys.map((vkey) => textSignedBy(head.note, vkey)).find((signed) => signed !== undefined);
  if (text === undefined) return part.differs({ message: 'no key of the log signed the published head', at, found: head.note });
  const signed = treeHeadOf(text, origin);
  const isOfRow = signed?.size === head.published_size && signed.root.equals(head.published_root);
  const expected = `${head.published_size} leaves, root ${head.published_root.toString('hex')}`;
  if (!isOfRow) part.differs({ message: 'the signed head is not the one of its row', at, expected, found: text });
}

function commitmentsIn({ slug }: ProviderLog, events: readonly StoredEvent[]): readonly StoredEvent[] {
  const stream = systemStream(slug);
  return events.filter((event) => event.type === 'StateCommitted/1' && event.stream === stream);
}
