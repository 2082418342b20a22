import type { PlacedAnchor } from '../checks/chain-set.ts';
import type { Unopened } from '../verdict.ts';
import type { BillCheckOutcome } from './bill-checks.ts';
import type { CheckedInvoice } from './invoice.check.ts';
import type { TermsOutcome } from './terms.check.ts';
import type { BillOutcome } from './verify-bill.ts';

const toldMax = 5;
const leavesShownMax = 8;

/** The outcome for a customer. */
export function billTextReport(outcome: BillOutcome | Unopened): string {
  if ('reason' in outcome) return `${outcome.verdict}: ${outcome.reason}`;
  const { verdict, isOffline, account, invoice, origin, head, provenSize, lastAnchor, commitment, balances, invoices, checks } = outcome;
  const lines = [
    `${verdict === 'VALID' && isOffline ? 'VALID (no chain checked)' : verdict}: ${invoice ?? account}, ${origin}`,
    '',
    `head     ${head.size} leaves, root ${head.root}`,
  ];
  if (lastAnchor !== undefined) lines.push(anchorLine(lastAnchor));
  if (outcome.leavesInTail > 0)
    lines.push(`tail     ${outcome.leavesInTail} of these leaves are behind leaf ${provenSize} and wait for an anchor`);
  lines.push('', balancesTitle(commitment, provenSize));
  for (const { account: place, currency, balance } of balances) lines.push(`  ${balance.padStart(14)} ${currency}  ${place}`);
  lines.push('', ...invoices.flatMap(invoiceLines), ...checks.flatMap(checkLines));
  if (outcome.terms !== undefined) lines.push('', ...termsLines(outcome.terms));
  return lines.join('\n');
}

export function anchorLine({ chain, seq, block, tx, time }: PlacedAnchor): string {
  return `anchor   ${seq} on chain ${chain.chainId}, block ${block} of ${new Date(time * 1000).toISOString()}, transaction ${tx}`;
}

function balancesTitle(commitment: BillOutcome['commitment'], provenSize: number): string {
  if (commitment === undefined) return 'Balances:';
  const wait = commitment.index < provenSize ? '' : ', signed, and waiting for an anchor';
  return `Balances after the first ${commitment.uptoSize} leaves, debits minus credits${wait}:`;
}

/** The outcome for programs; numbers are decimal strings. */
export function billJsonReport(outcome: BillOutcome | Unopened): string {
  return jsonReport(outcome);
}

/** Of anything that is proven under a head. */
export function jsonReport(outcome: Pick<BillOutcome, 'verdict' | 'head' | 'lastAnchor'> | Unopened): string {
  const { head, lastAnchor, ...rest } = 'reason' in outcome ? { ...outcome, head: undefined, lastAnchor: undefined } : outcome;
  const report = { ...rest, head: head && { size: head.size, root: head.root }, anchor: lastAnchor };
  return JSON.stringify(report, (_, value: unknown) => (typeof value === 'number' || typeof value === 'bigint' ? value.toString() : value));
}

function invoiceLines({ number, invoice, currency, total, dueOn, lines }: CheckedInvoice): string[] {
  const rows = lines.map(({ product, description, count, amount, leaves }) => {
    const more = leaves.length > leavesShownMax ? `, and ${leaves.length - leavesShownMax} more` : '';
    const from = leaves.length === 0 ? '' : ` (leaves ${leaves.slice(0, leavesShownMax).join(', ')}${more})`;
    return `  ${amount.padStart(14)} ${currency}  ${count} x ${description}, ${product}${from}`;
  });
  return [`Invoice ${number} (${invoice}), due on ${dueOn}:`, ...rows, `  ${total.padStart(14)} ${currency}  total`, ''];
}

const termsTitles = { ok: 'THE SAME BILL', invalid: 'ANOTHER BILL', unverifiable: 'NOT COMPUTED' } as const;

function termsLines({ result, terms, rated, priced, credits, takenBack, differences, missing }: TermsOutcome): string[] {
  const more = (count: number) => (count > toldMax ? [`  and ${count - toldMax} more`] : []);
  return [
    `${termsTitles[result]} by these terms: ${rated} rated charges, ${priced} at a price and ${credits} credits for outages, computed again`,
    ...terms.map(({ hash, offer, version }) => `  ${offer}, version ${version}: ${hash}`),
    ...differences.slice(0, toldMax).map((difference) => `  different: ${difference}`),
    ...more(differences.length),
    ...missing.slice(0, toldMax).map((what) => `  missing: ${what}`),
    ...more(missing.length),
    ...takenBack.slice(0, toldMax).map((charge) => `  taken back: ${charge}`),
    ...more(takenBack.length),
  ];
}

export function checkLines({ id, name, result, reason, invalid, unverifiable, findings }: BillCheckOutcome): string[] {
  const lines = [`${id}  ${name.padEnd(21)} ${result}${reason === undefined ? '' : ` (${reason})`}`];
  const place = (index: number | undefined) => (index === undefined ? '' : `leaf ${index}: `);
  for (const { index, message, evidence } of invalid.slice(0, toldMax)) {
    lines.push(`      ${place(index)}${message}`);
    for (const [term, value] of Object.entries(evidence ?? {})) lines.push(`        ${term}: ${value.trimEnd().replaceAll('\n', ' | ')}`);
  }
  for (const { index, message } of unverifiable.slice(0, toldMax)) lines.push(`      missing: ${place(index)}${message}`);
  for (const { name: finding, index, message } of findings.slice(0, toldMax))
    lines.push(`      finding ${finding}: ${place(index)}${message}`);
  return lines;
}
