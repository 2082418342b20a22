import { filterOf, type Passes } from './filter.ts';
import { streams } from './generated.ts';
import { streamNameOf } from './messages.ts';
import { type CallFailure, failures } from './statuses.ts';
import type { WireRecord } from './wire-event.ts';
import type { WireLog } from './wire-log.ts';

type Range = Iterable<WireRecord> | CallFailure | 'not_found';

/** The events that a counted read asks for. Forwards is inclusive; backwards is inclusive in a stream, exclusive in the log. */
export function recordsOf(log: WireLog, request: streams.ReadReq): Range {
  const options = request.getOptions();
  const count = Number(options?.getCount() ?? 0);
  if (options === undefined || count === 0) return failures.unknown('Unexpected ReadAllResult: Error');
  const backwards = options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS;
  const stream = options.getStream();
  const all = options.getAll();
  if (stream !== undefined) return recordsOfStream(log, { options: stream, backwards, count });
  if (all === undefined) return failures.badRequest();
  return recordsOfAll(log, { options: all, backwards, count, passes: filterOf(options)?.passes });
}

function recordsOfStream(
  log: WireLog,
  { options, backwards, count }: { options: streams.ReadReq.Options.StreamOptions; backwards: boolean; count: number },
): Range {
  const name = streamNameOf(options.getStreamIdentifier());
  const state = log.stream(name);
  if (state?.tombstoned === true) return failures.streamDeleted(name);
  if (state === undefined || state.records.length === 0 || state.softDeleted) return 'not_found';
  const first = Number(state.firstVisible(log.nowMs));
  const last = state.records.length - 1;
  if (!backwards && options.hasEnd()) return failures.unknown('Unexpected ReadStreamResult: Error');
  const from = options.hasRevision() ? Number(options.getRevision()) : options.hasEnd() ? last : 0;
  return backwards
    ? walkBack(state.records, Math.min(from, last), { first, count })
    : walk(state.records, Math.max(from, first), { count });
}

function recordsOfAll(
  log: WireLog,
  options: { options: streams.ReadReq.Options.AllOptions; backwards: boolean; count: number; passes: Passes | undefined },
): Range {
  const { options: from, backwards, count, passes } = options;
  if (!backwards && from.hasEnd()) return failures.unknown('Unexpected ReadAllResult: Error');
  const position = from.hasPosition() ? BigInt(from.getPosition()?.getCommitPosition() ?? 0) : undefined;
  if (position !== undefined && !isPosition(log, position)) return failures.unknown('Unexpected ReadAllResult: Error');
  const index = position === undefined ? (from.hasEnd() ? log.records.length : 0) : log.indexOf(position);
  return backwards ? walkBack(log.records, index - 1, { first: 0, count, passes }) : walk(log.records, index, { count, passes });
}

/** The start, a record, or somewhere beyond the end; in between there is nothing to read from. */
export function isPosition(log: WireLog, position: bigint): boolean {
  return position === 0n || position > log.headPosition || log.records[log.indexOf(position)]?.position === position;
}

interface Limits {
  readonly count: number;
  readonly passes?: Passes | undefined;
}

function* walk(records: readonly WireRecord[], first: number, { count, passes }: Limits): Iterable<WireRecord> {
  const end = records.length; // What comes in during the read is not part of it.
  let found = 0;
  for (let index = first; index < end && found < count; index++) {
    const record = records[index] as WireRecord;
    if (passes?.(record) === false) continue;
    found++;
    yield record;
  }
}

function* walkBack(
  records: readonly WireRecord[],
  last: number,
  { first, count, passes }: Limits & { first: number },
): Iterable<WireRecord> {
  let found = 0;
  for (let index = last; index >= first && found < count; index--) {
    const record = records[index] as WireRecord;
    if (passes?.(record) === false) continue;
    found++;
    yield record;
  }
}
