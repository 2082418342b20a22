import type { Difference, PartReport } from './part.ts';

/** Exit codes: nothing differs; something does; nothing is known to differ, and something could not be checked. */
export const exitCodes = { ok: 0, different: 1, 'could not check': 2 } as const;

export type Verdict = keyof typeof exitCodes;

export function verdictOf(reports: readonly PartReport[]): Verdict {
  const results = new Set(reports.map(({ result }) => result));
  return results.has('different') ? 'different' : results.has('could not check') ? 'could not check' : 'ok';
}

/** One line a part, and what is wrong with it below. */
export function linesOf({ log, part, result, difference, reason, figures, findings }: PartReport): string {
  const counted = Object.entries(figures).map(([what, count]) => `${count} ${what}`);
  const about = [...(reason === undefined ? [] : [reason]), ...counted].join(', ');
  const lines = [`${result.padEnd(16)} ${(log ?? '').padEnd(12)} ${part.padEnd(24)} ${about}`.trimEnd()];
  if (difference !== undefined) lines.push(...differenceLines(difference));
  for (const finding of findings) lines.push(`  finding ${finding}`);
  return printable(lines.join('\n'));
}

/** What it comes to, for the last line. */
export function summaryOf(reports: readonly PartReport[]): string {
  const verdict = verdictOf(reports);
  const count = (result: PartReport['result']) => reports.filter((report) => report.result === result).length;
  const say = (result: PartReport['result'], one: string, many: string) => `${count(result)} ${count(result) === 1 ? one : many}`;
  if (verdict === 'ok') {
    const left = say('not checked', 'was', 'were');
    return `Everything is as the events make it: ${say('ok', 'part is', 'parts are')} ok, ${left} not checked.`;
  }
  if (verdict === 'could not check') return `No difference was found, but ${say('could not check', 'part', 'parts')} could not be checked.`;
  const first = reports.find(({ result }) => result === 'different') as PartReport;
  const place = Object.entries(first.difference?.at ?? {}).map(([name, value]) => `${name} ${value}`);
  const where = [first.log, first.part].filter((name) => name !== undefined).join(' ');
  return printable(
    [`${say('different', 'part differs', 'parts differ')}. First difference: ${where}: ${first.difference?.message}`, ...place].join(', '),
  );
}

/** The same as one JSON object: all numbers are decimal strings. */
export function jsonOf(reports: readonly PartReport[]): string {
  const first = reports.find(({ result }) => result === 'different');
  const firstDifference = first && { log: first.log, part: first.part, ...first.difference };
  return JSON.stringify({ result: verdictOf(reports), firstDifference, parts: reports }, (_, value: unknown) =>
    typeof value === 'number' || typeof value === 'bigint' ? value.toString() : value,
  );
}

function differenceLines({ message, at, expected, found }: Difference): string[] {
  const lines = [`  ${message}`, ...Object.entries(at).map(([name, value]) => `    ${name.padEnd(9)} ${value}`)];
  if (expected !== undefined) lines.push(`    expected  ${expected.trimEnd().replaceAll('\n', ' | ')}`);
  if (found !== undefined) lines.push(`    found     ${found.trimEnd().replaceAll('\n', ' | ')}`);
  return lines;
}

/** What somebody wrote into a database may hold what a terminal obeys. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '\ufffd');
}
