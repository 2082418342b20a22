import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';

/** One customer of the file: a row number, and minutes with the published charge in four bands. */
export interface UsageRow {
  /** 1 to 5,000. */
  readonly row: number;
  readonly usage: readonly BandUsage[];
}

export interface BandUsage {
  readonly band: Band;
  readonly minutes: string;
  /** What the publisher charged, in dollars. */
  readonly published: string;
}

export const bands = ['day', 'eve', 'night', 'intl'] as const;
export type Band = (typeof bands)[number];

/** Dollars per minute. They are no column of the file; they follow from it. */
export const rates: Readonly<Record<Band, string>> = { day: '0.17', eve: '0.085', night: '0.045', intl: '0.27' };

/** Reads the data set; see the README beside it for its source, licence and limits. */
export async function readUsageFile(path: string): Promise<UsageRow[]> {
  const rows = parse<Readonly<Record<string, string>>>(await readFile(path), { columns: true });
  return rows.map((columns, index) => ({
    row: index + 1,
    usage: bands.map((band) => ({
      band,
      minutes: column(columns, `total_${band}_minutes`),
      published: column(columns, `total_${band}_charge`),
    })),
  }));
}

function column(columns: Readonly<Record<string, string>>, name: string): string {
  const value = columns[name];
  if (value === undefined) throw new TypeError(`The usage file has no column ${name}.`);
  return value;
}
