import { type Currency, isCurrency } from '../../services/money/currency.ts';
import { parseMoney } from '../../services/money/money.ts';
import type { PostingDirection } from '../../services/money/posting.ts';
import type { Json } from '../../services/event-store/domain/canonical-json.ts';
import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import { ImpossibleEventDefect } from './impossible-event.ts';

/** A posting as read models need it. */
export interface PostedLine {
  readonly ledgerAccount: string;
  readonly direction: PostingDirection;
  /** At ledger scale, above zero. */
  readonly amount: bigint;
  /** The same amount as the event has it. */
  readonly text: string;
  readonly currency: Currency;
}

/** An event together with its postings, of which there is at least one. */
export interface PostedEvent {
  readonly event: LedgerEvent;
  readonly lines: readonly PostedLine[];
}

const none: readonly PostedLine[] = [];

/** The events that post anything, in their order. Throws as `postingsOf` does. */
export function* postedEvents(events: Iterable<LedgerEvent>): Generator<PostedEvent> {
  for (const event of events) {
    const lines = postingsOf(event);
    if (lines.length > 0) yield { event, lines };
  }
}

/**
 * The postings of an event of any type, in their order; none for an event that moves no money. Throws `ImpossibleEventDefect` for
 * postings that cannot be read or do not balance: nothing that the write side accepts has them.
 */
export function postingsOf(event: LedgerEvent): readonly PostedLine[] {
  const postings = event.fin['postings'];
  if (postings === undefined) return none;
  if (!Array.isArray(postings)) throw new ImpossibleEventDefect(event, 'its postings are no list');
  const lines = (postings as readonly Json[]).map((posting) => lineOf(event, posting));
  assertBalanced(event, lines);
  return lines;
}

function lineOf(event: LedgerEvent, posting: Json): PostedLine {
  const { account, amount, currency, direction } = posting as { readonly [field: string]: Json | undefined };
  if (typeof account !== 'string' || typeof amount !== 'string' || typeof currency !== 'string' || !isCurrency(currency))
    throw new ImpossibleEventDefect(event, 'a posting lacks a field or has an unknown currency');
  if (direction !== 'debit' && direction !== 'credit') throw new ImpossibleEventDefect(event, 'a posting has no direction');
  const money = parseMoney(amount, currency);
  if (typeof money === 'string' || money.amount <= 0n) throw new ImpossibleEventDefect(event, 'a posting has no amount above zero');
  return { ledgerAccount: account, direction, amount: money.amount, text: amount, currency };
}

function assertBalanced(event: LedgerEvent, lines: readonly PostedLine[]): void {
  const [first] = lines;
  if (first === undefined) return;
  let sum = 0n;
  let others: PostedLine[] | undefined;
  for (const line of lines) {
    if (line.currency !== first.currency) (others ??= []).push(line);
    else sum += line.direction === 'debit' ? line.amount : -line.amount;
  }
  if (sum !== 0n) throw new ImpossibleEventDefect(event, `its postings in ${first.currency} do not balance`);
  if (others !== undefined) assertBalanced(event, others);
}
