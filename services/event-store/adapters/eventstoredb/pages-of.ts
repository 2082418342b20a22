const pageSizeMin = 32;
const pageSizeMax = 2048;

export interface Paging<RecordType> {
  /** Records that are asked for in all. */
  readonly maxCount?: number;
  /** How many will probably do. */
  readonly likelyCount?: number;
  /** Begins a read of at most `size` records: the first ones, or those behind `last`; undefined when there can be none. */
  readonly read: (size: number, last: RecordType | undefined) => AsyncIterable<RecordType> | undefined;
}

/** Reads on and on in bounded pieces, small ones first: most readers want little. */
export async function* pagesOf<RecordType>(paging: Paging<RecordType>): AsyncGenerator<RecordType> {
  const { maxCount = Infinity, likelyCount = Infinity, read } = paging;
  let last: RecordType | undefined;
  let count = 0;
  for (let size = Math.min(pageSizeMin, likelyCount); count < maxCount; size = Math.min(8 * size, pageSizeMax)) {
    const asked = Math.min(size, maxCount - count);
    const page = read(asked, last);
    if (page === undefined) return;
    let got = 0;
    for await (const record of page) {
      got++;
      last = record;
      yield record;
    }
    if (got < asked) return;
    count += got;
  }
}
