/** A usage record as whoever counted it has it. */
export interface CountedUsage {
  readonly band: string;
  readonly quantity: string;
}

const header = 'usageRecord,band,quantity';

/** Reads records by their id; for a file that is none of these, why not. */
export function parseUsage(text: string): ReadonlyMap<string, CountedUsage> | string {
  const [first, ...rows] = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (first !== header) return `the first line of the usage is not ${header}`;
  const records = new Map<string, CountedUsage>();
  for (const [place, row] of rows.entries()) {
    const [usageRecord = '', band = '', quantity = '', ...more] = row.split(',');
    if (usageRecord === '' || band === '' || !/^(0|[1-9][0-9]*)(\.[0-9]+)?$/.test(quantity) || more.length > 0)
      return `line ${place + 2} of the usage is not ${header}`;
    if (records.has(usageRecord)) return `line ${place + 2} of the usage repeats ${usageRecord}`;
    records.set(usageRecord, { band, quantity });
  }
  return records;
}
