import type { streams } from './generated.ts';
import type { WireRecord } from './wire-event.ts';

export type Passes = (record: WireRecord) => boolean;

/** The server reads the log in pages of this size, and looks at so many events per page where a filter sets no window. */
export const readBatchSize = 32;

export interface Filter {
  readonly passes: Passes;
  /** Events looked at per page. */
  readonly window: number;
  /** A checkpoint comes after so many events looked at. */
  readonly checkpointInterval: number;
}

/** The filter of a request, or undefined where it has none. Prefixes are case-sensitive and joined by or; a regex wins over them. */
export function filterOf(options: streams.ReadReq.Options): Filter | undefined {
  const filter = options.getFilter();
  if (filter === undefined) return undefined;
  const window = filter.hasMax() ? filter.getMax() : readBatchSize;
  return { passes: passesOf(filter), window, checkpointInterval: window * filter.getCheckpointintervalmultiplier() };
}

function passesOf(filter: streams.ReadReq.Options.FilterOptions): Passes {
  const onType = filter.hasEventType();
  const expression = onType ? filter.getEventType() : filter.getStreamIdentifier();
  const textOf = ({ type, stream }: WireRecord) => (onType ? type : stream);
  const regex = expression?.getRegex() ?? '';
  if (regex !== '') {
    const pattern = new RegExp(regex, 'u');
    return (record) => pattern.test(textOf(record));
  }
  const prefixes = expression?.getPrefixList() ?? [];
  return (record) => prefixes.some((prefix) => textOf(record).startsWith(prefix));
}
