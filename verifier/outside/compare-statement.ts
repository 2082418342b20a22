import type { LoggedPayment } from './payments.ts';
import { type StatementLine, unitsOf } from './statement.ts';

export interface StatementComparison {
  readonly matched: number;
  /** Money came in and the log has no payment for it. */
  readonly missing: readonly StatementLine[];
  /** The log has a payment in the statement's days for which no money came in. */
  readonly extra: readonly LoggedPayment[];
}

/**
 * V11: holds a statement against the payments of a log, each against one. They are the same by reference, amount and currency, and by method
 * where the statement names it; the day may differ, for banks book later. What the log has outside the days of the statement, or of methods
 * that a statement with methods does not name, is not compared.
 */
export async function compareStatement(
  lines: readonly StatementLine[],
  payments: AsyncIterable<LoggedPayment> | Iterable<LoggedPayment>,
): Promise<StatementComparison> {
  const open = new Map<string, StatementLine[]>();
  for (const line of lines) {
    const key = keyOf(line);
    open.set(key, [...(open.get(key) ?? []), line]);
  }
  const dates = lines.map(({ date }) => date).sort();
  const [first = '', last = ''] = [dates[0], dates.at(-1)];
  const methods = new Set(lines.map(({ method }) => method));
  const isCovered = ({ date, method }: LoggedPayment) => date >= first && date <= last && (methods.has(undefined) || methods.has(method));
  const extra: LoggedPayment[] = [];
  let matched = 0;
  for await (const payment of payments) {
    const waiting = open.get(keyOf(payment)) ?? open.get(keyOf({ ...payment, method: undefined }));
    if (waiting?.shift() !== undefined) matched++;
    else if (isCovered(payment)) extra.push(payment);
  }
  return { matched, missing: [...open.values()].flat().sort((left, right) => left.line - right.line), extra };
}

function keyOf({ reference, amount, currency, method }: Pick<StatementLine, 'reference' | 'amount' | 'currency' | 'method'>): string {
  return JSON.stringify([reference, unitsOf(amount).toString(), currency, method ?? null]);
}
