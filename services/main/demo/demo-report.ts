import type { DemoResult } from './demo-steps.ts';
import { currency } from './demo-customer.ts';
import type { StepTime } from './demo-progress.ts';

export interface TrialBalanceLine {
  readonly currency: string;
  readonly debits: string;
  readonly credits: string;
  readonly balance: string;
}

export interface DemoReport {
  readonly result: DemoResult;
  /** Leaves of the log; of them, events that the log wrote about itself. */
  readonly events: bigint;
  readonly systemEvents: bigint;
  readonly trialBalance: readonly TrialBalanceLine[];
  readonly root: string;
  readonly genesisHash: string;
  readonly anchor: { readonly tx: string; readonly contract: string; readonly size: bigint; readonly block: bigint } | undefined;
  readonly verdict: string;
  readonly times: readonly StepTime[];
}

const tiesPerLine = 4;

/** The outcome, for people. */
export function reportText({ result, events, systemEvents, trialBalance, root, genesisHash, anchor, verdict, times }: DemoReport): string {
  const equal = result.charges - result.differences.length;
  const number = (value: number | bigint) => value.toLocaleString('en-US');
  return [
    'Report',
    `  business events        ${number(events - systemEvents)}`,
    `  events in the log      ${number(events)}, ${number(systemEvents)} of them the log's own: genesis, ticks, commitments`,
    `  accounts               ${number(result.accounts)}, half prepaid, half postpaid`,
    `  rated charges          ${number(result.charges)}, together ${result.chargedTotal} ${currency}`,
    `  equal to published     ${number(equal)} of ${number(result.charges)}`,
    ...differenceLines(result),
    `  pay-per-view           ${number(result.purchases)}`,
    `  invoices               ${number(result.invoices)}`,
    `  payments               ${number(result.payments)}; ${number(result.repeats)} reported twice changed nothing`,
    ...trialBalance.map(
      (line) => `  trial balance          ${line.currency}: debits ${line.debits} = credits ${line.credits}, difference ${line.balance}`,
    ),
    `  genesis hash           ${genesisHash}`,
    `  root                   ${root}`,
    anchor === undefined
      ? '  anchor                 none: this ledger has no chain'
      : `  anchor                 ${number(anchor.size)} leaves in block ${anchor.block}, transaction ${anchor.tx}, contract ${anchor.contract}`,
    `  verdict                ${verdict}`,
    'Time',
    ...times.map(({ name, seconds }) => `  ${name.padEnd(22)} ${seconds.toFixed(1).padStart(6)} s`),
  ].join('\n');
}

/** The publisher computed in binary floating point; its half-cent ties come out one cent low (see the data set's README). */
function differenceLines({ differences }: DemoResult): string[] {
  if (differences.length === 0) return [];
  const texts = differences.map(({ row, minutes, published, charged }) => `row ${row}: ${minutes} min ${published} -> ${charged}`);
  const lines = [
    `  the other ${differences.length}           half-cent ties that the publisher rounded in binary floating point, one cent low each:`,
  ];
  for (let start = 0; start < texts.length; start += tiesPerLine) lines.push(`    ${texts.slice(start, start + tiesPerLine).join('; ')}`);
  return lines;
}
