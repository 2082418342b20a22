import type { Json } from '../../event-store/domain/canonical-json.ts';
import type { StoredEvent } from '../../event-store/domain/event-store.ts';
import { ledgerEventOf } from '../../event-store/domain/ledger-event.ts';
import { addChanges } from '../../integrity/adapters/postgres/postgres.fold-store.ts';
import { AnchoringAlarm } from '../../integrity/application/anchoring-alarm.ts';
import { foldLeaves } from '../../integrity/application/fold-leaves.ts';
import type { FoldStore } from '../../integrity/application/fold-store.ts';
import { earlierKey, incarnationsOf } from '../../integrity/application/incarnations.ts';
import { systemStream } from '../../integrity/application/system-log.ts';
import type { LogToCheck } from './log-to-check.ts';
import { check, Part, type PartReport } from './part.ts';
import { countRows, rowDifference } from './row-difference.ts';

export interface BalancesToCheck extends Omit<LogToCheck, 'memory'> {
  readonly folds: Pick<FoldStore, 'firstLeaves'>;
}

interface FoldRow {
  readonly size: bigint;
  readonly state_root: Buffer;
  readonly committed_revision: bigint;
}

const tables = ['integrity_balance', 'integrity_turnover'] as const;

/**
 * Folds the log again, up to where the rows of its balances are, and compares each row. Whether the roots that the log commits to are those of
 * the fold is for the verifier to say, which has a fold of its own.
 */
export async function checkBalances(options: BalancesToCheck): Promise<PartReport[]> {
  const { log, scratch } = options;
  const part = new Part('balances', log.slug);
  return check([part], async () => {
    await scratch.copyForm(...tables);
    try {
      await carryOver(options);
      let folded = 0n;
      // Once without a snapshot, which takes as long as the log is; what the service committed to meanwhile is folded within it.
      const foldOn = async (row: FoldRow | undefined) => {
        if (row === undefined || row.size <= folded) return;
        await foldInto(options, { key: log.slug, origin: log.origin, from: folded, to: row.size });
        folded = row.size;
      };
      await foldOn(await foldRowOf(options));
      await scratch.inSnapshot(async () => {
        const row = await foldRowOf(options);
        await foldOn(row);
        await compare(options, part, row);
      });
    } catch (error) {
      // The parts before this one name the leaf.
      if (!(error instanceof AnchoringAlarm || error instanceof RangeError)) throw error;
      part.leave('not checked', error.message);
    }
  });
}

async function compare(options: BalancesToCheck, part: Part, row: FoldRow | undefined): Promise<void> {
  const { log, scratch } = options;
  if (row !== undefined) await checkCommitment(options, part, row);
  const only = { column: 'log', value: log.slug };
  for (const table of tables) {
    const difference = await rowDifference(scratch.client, { table, only });
    if (difference !== undefined) part.differs(difference);
  }
  await checkClosed(options, part);
  if (row === undefined) return part.leave('not checked', 'the log has not committed to its balances yet');
  part.figures['balances'] = await countRows(scratch.client, { table: 'integrity_balance', only });
  part.figures['leaves folded'] = row.size;
}

/** The row of the fold says what its StateCommitted says. */
async function checkCommitment(options: BalancesToCheck, part: Part, { size, state_root: root, committed_revision: revision }: FoldRow) {
  const { log } = options;
  const at = { table: 'integrity_fold', key: log.slug, stream: systemStream(log.slug), revision: `${revision}` };
  const event = await commitmentAt(options, revision);
  const message = 'the balances are not those of their commitment';
  const differs = (column: string, expected: Json | undefined, found: string) =>
    part.differs({ message, at: { ...at, column }, ...(typeof expected === 'string' && { expected }), found });
  if (event === undefined) return differs('committed_revision', 'a StateCommitted/1', 'no such event');
  const { uptoSize, stateRoot } = ledgerEventOf(event)?.fin ?? {};
  if (uptoSize !== size.toString()) differs('size', uptoSize, `${size}`);
  else if (stateRoot !== root.toString('hex')) differs('state_root', stateRoot, root.toString('hex'));
}

/** By the place that its leaf remembers; before it is a leaf, by the stream. */
async function commitmentAt({ log, store, leaves }: BalancesToCheck, revision: bigint): Promise<StoredEvent | undefined> {
  const stream = systemStream(log.slug);
  const leaf = await leaves.findByPlace(log.slug, stream, revision);
  const events =
    leaf === undefined
      ? store.readStream(stream, { fromRevision: revision, maxCount: 1 })
      : store.readAll({ fromPosition: leaf.position, maxCount: 1 });
  for await (const event of events)
    if (event.stream === stream && event.revision === revision && event.type === 'StateCommitted/1') return event;
  return undefined;
}

/** Debits equal credits in every currency, over everything that the log ever posted. */
async function checkClosed({ log, scratch }: BalancesToCheck, part: Part): Promise<void> {
  const { rows } = await scratch.client.query<{ currency: string; debits: string; credits: string }>(
    'select currency, debits, credits from tallyroot.integrity_turnover where log = $1 and debits <> credits order by currency limit 1',
    [log.slug],
  );
  const [row] = rows;
  if (row === undefined) return;
  const at = { table: 'integrity_turnover', key: `${log.slug}, ${row.currency}` };
  part.differs({ message: 'debits and credits differ', at, expected: `credits ${row.debits}`, found: `credits ${row.credits}` });
}

async function foldRowOf({ log, scratch }: BalancesToCheck): Promise<FoldRow | undefined> {
  const { rows } = await scratch.client.query<FoldRow>(
    'select size, state_root, committed_revision from tallyroot.integrity_fold where log = $1',
    [log.slug],
  );
  return rows[0];
}

/** A log that goes on with others begins with what they posted, as if its leaf 0 had. */
async function carryOver(options: BalancesToCheck): Promise<void> {
  const { log, scratch } = options;
  const all = incarnationsOf(log);
  for (const [at, { origin }] of all.slice(0, -1).entries()) {
    const size = all[at + 1]?.policy.supersedes?.size ?? '0';
    await foldInto(options, { key: earlierKey(log.slug, at + 1), origin, from: 0n, to: BigInt(size) });
  }
  await scratch.client.query('update integrity_balance set leaf_index = 0');
}

interface LeavesToAdd {
  /** Under which the leaves are kept. */
  readonly key: string;
  readonly origin: string;
  readonly from: bigint;
  readonly to: bigint;
}

async function foldInto(options: BalancesToCheck, { key, origin, from, to }: LeavesToAdd): Promise<void> {
  const { log, scratch, store, leaves, folds, onProgress } = options;
  let done = from;
  for await (const changes of foldLeaves({ folds, leaves, store }, { log: key, origin, from, to })) {
    // The names are those of the temporary tables here.
    await scratch.atomically(() => addChanges(scratch.client, log.slug, changes));
    done = changes.balances().reduce((last, { leaf }) => (leaf > last ? leaf : last), done);
    onProgress(done, to);
  }
}
