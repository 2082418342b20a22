/** The fields of an envelope E, in their order. */
export interface Entry {
  readonly at: string;
  readonly id: string;
  readonly log: string;
  readonly meta: string;
  readonly pay: string;
  readonly prev: string;
  readonly rev: string;
  readonly stream: string;
  readonly type: string;
}

export const entryBytesMax = 4096;

/**
 * One fixed pattern instead of a JSON parser: the envelope has exactly these fields in this order, and no value needs an escape, so what
 * the pattern takes is canonical.
 */
const pattern = new RegExp(
  '^\\{"at":"(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z)","id":"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",' +
    '"log":"([!-~]{1,255})","meta":"([0-9a-f]{64})","pay":"([0-9a-f]{64})","prev":"([0-9a-f]{64})","rev":"(0|[1-9][0-9]{0,19})",' +
    '"stream":"([a-z0-9]{2,20}\\.[a-zA-Z]+-[A-Za-z0-9_.:-]+|invalid:[0-9a-f]{64})",' +
    '"type":"([A-Z][A-Za-z0-9]*/[1-9][0-9]*|invalid:[0-9a-f]{64})","v":"ledger-leaf/1"\\}$',
);

/** Reads an entry; undefined for one that is not an envelope of this version. */
export function readEntry(text: string): Entry | undefined {
  if (text.length > entryBytesMax) return undefined;
  const match = pattern.exec(text);
  if (match === null || (match[3] as string).includes('"') || (match[3] as string).includes('\\')) return undefined;
  const [, at, id, log, meta, pay, prev, rev, stream, type] = match as unknown as string[] & { length: 10 };
  return { at, id, log, meta, pay, prev, rev, stream, type } as Entry;
}
