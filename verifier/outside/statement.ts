import { parse } from 'csv-parse/sync';

/** A payment that a bank or a payment provider says it received. */
export interface StatementLine {
  /** Of the file, the header being line 1. */
  readonly line: number;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly amount: string;
  readonly currency: string;
  readonly reference: string;
  /** Undefined where the file has no such column. */
  readonly method: string | undefined;
}

const columns = ['date', 'amount', 'currency', 'reference'] as const;
const datePattern = /^\d{4}-\d{2}-\d{2}$/;
const amountPattern = /^\d{1,15}(\.\d{1,18})?$/;
const currencyPattern = /^[A-Z][A-Z0-9-]{1,15}$/;
const fileBytesMax = 256 * 1024 * 1024;

/**
 * Reads a statement: CSV with a header that names `date`, `amount`, `currency` and `reference`, perhaps `method`, and whatever else. Throws
 * `RangeError` for a line that cannot be read: one that was passed over would be one that nobody compares.
 */
export function parseStatement(bytes: Buffer): StatementLine[] {
  if (bytes.length > fileBytesMax) throw new RangeError(`The statement has more than ${fileBytesMax} bytes.`);
  const rows = readRows(bytes);
  const absent = columns.filter((name) => rows[0] !== undefined && !Object.hasOwn(rows[0], name));
  if (absent.length > 0) throw new RangeError(`The statement has no column ${absent.join(', ')}.`);
  return rows.map((row, place) => lineOf(row, place + 2));
}

/** A decimal text as a number of 10^-18: `40` and `40.00` are one amount. */
export function unitsOf(amount: string): bigint {
  const [whole = '', decimals = ''] = amount.split('.');
  return BigInt(whole + decimals.padEnd(18, '0'));
}

function readRows(bytes: Buffer): Record<string, string>[] {
  try {
    return parse(bytes, { columns: true, bom: true, trim: true, skip_empty_lines: true });
  } catch (error) {
    throw new RangeError(`The statement is no CSV: ${(error as Error).message}`, { cause: error });
  }
}

function lineOf({ date = '', amount = '', currency = '', reference = '', method }: Record<string, string>, line: number): StatementLine {
  if (!datePattern.test(date)) throw new RangeError(`Line ${line} of the statement: ${JSON.stringify(date)} is no date YYYY-MM-DD.`);
  if (!amountPattern.test(amount) || unitsOf(amount) === 0n)
    throw new RangeError(`Line ${line} of the statement: ${JSON.stringify(amount)} is no amount received, such as 40.00.`);
  if (!currencyPattern.test(currency)) throw new RangeError(`Line ${line} of the statement: ${JSON.stringify(currency)} is no currency.`);
  if (reference === '') throw new RangeError(`Line ${line} of the statement has no reference.`);
  return { line, date, amount, currency, reference, method: method === '' ? undefined : method };
}
