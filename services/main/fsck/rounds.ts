import type { StoredEvent } from '../../event-store/domain/event-store.ts';
import { ledgerEventOf } from '../../event-store/domain/ledger-event.ts';
import { systemStream } from '../../integrity/application/system-log.ts';
import type { LogToCheck } from './log-to-check.ts';
import type { Part } from './part.ts';

interface RoundRow {
  readonly number: bigint;
  readonly upto_size: bigint;
  readonly committed_revision: bigint;
}

/** Each round committed to the size that its StateCommitted says. */
export async function checkCommitments({ log, scratch }: LogToCheck, part: Part, commitments: readonly StoredEvent[]): Promise<void> {
  if (commitments.length === 0) return;
  const sizes = new Map(commitments.map((event) => [event.revision, committedSizeOf(event)]));
  const { rows } = await scratch.client.query<RoundRow>(
    'select number, upto_size, committed_revision from tallyroot.integrity_round where log = $1 and committed_revision = any($2::bigint[]) order by number',
    [log.slug, [...sizes.keys()]],
  );
  for (const { number, upto_size: size, committed_revision: revision } of rows) {
    const expected = sizes.get(revision);
    if (expected === undefined || expected === size.toString()) continue;
    const at = {
      table: 'integrity_round',
      key: `${log.slug}, ${number}`,
      column: 'upto_size',
      stream: systemStream(log.slug),
      revision: `${revision}`,
    };
    part.differs({ message: 'a round is not the one of its commitment', at, expected, found: `${size}` });
  }
}

/** Each round that a head covers has its StateCommitted among the leaves. */
export async function checkRounds({ log, scratch }: LogToCheck, part: Part): Promise<void> {
  const stream = systemStream(log.slug);
  const { rows } = await scratch.client.query<{ number: bigint; committed_revision: bigint; entry: string | null }>(
    `select round.number, round.committed_revision, leaf.entry
       from tallyroot.integrity_round as round
       left join tallyroot.integrity_leaf as leaf
         on leaf.log = round.log and leaf.stream = $2 and leaf.revision = round.committed_revision
      where round.log = $1 and round.state = 'covered' and leaf.entry like '%"type":"StateCommitted/1"%' is not true
      order by round.number
      limit 1`,
    [log.slug, stream],
  );
  const { rows: counted } = await scratch.client.query<{ count: bigint }>(
    'select count(*) as count from tallyroot.integrity_round where log = $1',
    [log.slug],
  );
  part.figures['rounds'] = counted[0]?.count ?? 0n;
  const [row] = rows;
  if (row === undefined) return;
  const { number, committed_revision: revision, entry } = row;
  const at = { table: 'integrity_round', key: `${log.slug}, ${number}`, column: 'committed_revision', stream, revision: `${revision}` };
  part.differs({
    message: 'a round names a leaf that commits to no balances',
    at,
    expected: 'StateCommitted/1',
    found: entry ?? 'no leaf',
  });
}

/** What a stored StateCommitted says; undefined for one that cannot be read. */
function committedSizeOf(event: StoredEvent): string | undefined {
  const size = ledgerEventOf(event)?.fin['uptoSize'];
  return typeof size === 'string' ? size : undefined;
}
