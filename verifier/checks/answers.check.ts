import { amountText, parseAmount } from '../fold/amount.ts';
import { keyOf } from '../fold/ledger-fold.ts';
import { areBalanced, type PostingLines, postingsOf } from '../fold/postings.ts';
import { provenEntryOf } from '../fold/state-proof.ts';
import { isObject, parseJson } from '../log/canonical-json.ts';
import type { Entry } from '../log/entry.ts';
import { readObjects } from '../log/json-lines.ts';
import type { LogPolicy, Scales } from '../log/policy.ts';
import { bearsSignatureOf } from '../note/signed-note.ts';
import type { NoteKey } from '../note/vkey.ts';
import { sha256Text } from '../tree/node-hash.ts';
import { type BalanceAnswer, type InvoiceAnswer, type ProvenBalances, readAnswer, type SignedAnswer } from './answer.ts';
import type { Check } from './check.ts';

/** Types whose payloads tell what an invoice is, and what was paid of it. */
export const typesOfAnswers: readonly string[] = ['InvoiceIssued/1', 'PaymentReceived/1', 'SettlementCredited/1', 'EntryReversed/1'];

/** Before every size that an answer can speak of. */
export const leafOfEndedLog = -1;

export interface AnswersContext {
  readonly origin: string;
  /** Every key that the log ever listed for receipts and answers. */
  readonly keys: readonly NoteKey[];
  /** The books are known for the leaves below this size. */
  readonly sizeKnown: number;
  readonly currencies: ReadonlyMap<string, Scales>;
}

/** One account while the log is read. */
interface Books {
  /** By place and currency. */
  readonly sums: Map<string, { readonly currency: string; amount: bigint }>;
  /** By size. */
  readonly answers: (SignedAnswer & BalanceAnswer)[];
  next: number;
}

interface InvoiceFacts {
  issued: { readonly index: number; readonly fin: { readonly [name: string]: unknown } } | undefined;
  /** What was paid of it, with the leaf that says so; below zero where a payment was taken back. */
  readonly paid: { readonly index: number; readonly amount: bigint }[];
}

/** V9: balances and invoices that the operator signed are what the log said at the size that the answer names. */
export class AnswersCheck {
  readonly #text: string;
  readonly #check: Check;
  readonly #answers: readonly SignedAnswer[];
  readonly #books = new Map<string, Books>();
  readonly #invoices = new Map<string, InvoiceFacts>();
  /** By index: the commitments that proofs lead to. */
  readonly #commitments = new Map<number, { readonly [name: string]: unknown } | undefined>();
  /** What the books said where an answer speaks of them. */
  readonly #recomputed = new Map<SignedAnswer, ReadonlyMap<string, string>>();

  constructor(check: Check, text: string) {
    this.#check = check;
    this.#text = text;
    this.#answers = readObjects(text).flatMap((value, place) => {
      const name = `answer ${place + 1}`;
      const answer = value && readAnswer(name, value);
      if (answer === undefined) check.unverifiable.add({ message: `${name} is none: it proves nothing` });
      return answer ?? [];
    });
    for (const answer of this.#answers) {
      if (answer.kind === 'invoice') this.#invoices.set(answer.invoice, { issued: undefined, paid: [] });
      else this.#booksOf(answer.account).answers.push(answer);
      if (answer.proven !== undefined) this.#commitments.set(answer.proven.committedIndex, undefined);
    }
    for (const { answers } of this.#books.values()) answers.sort((left, right) => left.asOfSize - right.asOfSize);
  }

  /** The same answers, over the books that were read so far and what the log says that goes on with them. */
  goingOn(check: Check): AnswersCheck {
    const next = new AnswersCheck(check, this.#text);
    for (const [account, { sums }] of this.#books) for (const [key, sum] of sums) next.#booksOf(account).sums.set(key, { ...sum });
    for (const [invoice, { issued, paid }] of this.#invoices) next.#invoices.set(invoice, { issued, paid: [...paid] });
    return next;
  }

  /** Takes the leaves that count, in order; those of a log that ended before the one that the answers are of as `leafOfEndedLog`. */
  next(index: number, entry: Entry, lines: PostingLines, payload: unknown, { currencies }: LogPolicy): void {
    const fin = isObject(payload) && isObject(payload['fin']) ? payload['fin'] : undefined;
    if (this.#commitments.has(index) && entry.type === 'StateCommitted/1') this.#commitments.set(index, fin);
    if (fin !== undefined && typesOfAnswers.includes(entry.type)) this.#readInvoice(index, entry, fin, currencies);
    if (this.#books.size === 0) return;
    const postings = postingsOf(lines, currencies);
    if (postings === 'unreadable' || !areBalanced(postings)) return;
    for (const { account: place, currency, amount } of postings) {
      const books = place.split(':').flatMap((part) => this.#books.get(part) ?? [])[0];
      if (books === undefined) continue;
      this.#settle(books, index, currencies);
      const key = `${place} ${currency}`;
      const sum = books.sums.get(key);
      if (sum === undefined) books.sums.set(key, { currency, amount });
      else sum.amount += amount;
    }
  }

  finish(context: AnswersContext): void {
    for (const books of this.#books.values()) this.#settle(books, Infinity, context.currencies);
    for (const answer of this.#answers) this.#judge(answer, context);
  }

  #booksOf(account: string): Books {
    let books = this.#books.get(account);
    if (books === undefined) this.#books.set(account, (books = { sums: new Map(), answers: [], next: 0 }));
    return books;
  }

  /** Answers that speak of a size up to this leaf see the books as they are now. */
  #settle(books: Books, index: number, currencies: ReadonlyMap<string, Scales>): void {
    for (let answer = books.answers[books.next]; answer !== undefined && answer.asOfSize <= index; answer = books.answers[++books.next]) {
      const texts = [...books.sums].map(
        ([key, { currency, amount }]) => [key, amountText(amount, currencies.get(currency) as Scales)] as const,
      );
      this.#recomputed.set(answer, new Map(texts));
    }
  }

  #readInvoice(
    index: number,
    { stream, type }: Entry,
    fin: { readonly [name: string]: unknown },
    currencies: LogPolicy['currencies'],
  ): void {
    if (type === 'InvoiceIssued/1') {
      const facts = this.#invoices.get(String(fin['invoice']));
      if (facts !== undefined && stream.endsWith(`.invoice-${String(fin['invoice'])}`)) facts.issued ??= { index, fin };
      return;
    }
    const effects = isObject(fin['effects']) ? fin['effects'] : {};
    const isPayment = type === 'PaymentReceived/1' || type === 'SettlementCredited/1';
    const allocations = isPayment ? fin['allocations'] : effects['reopened'];
    const scales = currencies.get(String(fin['currency']));
    for (const part of Array.isArray(allocations) ? (allocations as unknown[]) : []) {
      const { invoice, amount } = isObject(part) ? part : {};
      const facts = this.#invoices.get(String(invoice));
      const units = scales && typeof amount === 'string' ? parseAmount(amount, scales) : undefined;
      if (facts !== undefined && units !== undefined) facts.paid.push({ index, amount: isPayment ? units : -units });
    }
  }

  #judge(answer: SignedAnswer, { origin, keys, sizeKnown, currencies }: AnswersContext): void {
    const { name, asOfSize, note } = answer;
    const cannot = (message: string) => this.#check.unverifiable.add({ message: `${name}: ${message}` });
    if (answer.origin !== origin) return cannot(`it is of another log: ${answer.origin}`);
    if (!keys.some((key) => bearsSignatureOf(note, key))) return cannot('no receipts key of the log signed it: it proves nothing');
    if (answer.proven !== undefined) this.#judgeProven(answer.proven, cannot);
    if (asOfSize > sizeKnown) return cannot(`it speaks of ${asOfSize} leaves; the books are known for ${sizeKnown}`);
    const expected =
      answer.kind === 'invoice' ? this.#invoiceAt(answer, currencies) : Object.fromEntries(this.#recomputed.get(answer) ?? []);
    const stated = answer.kind === 'invoice' ? invoiceFields(answer) : Object.fromEntries(answer.balances);
    if (textOf(expected) === textOf(stated)) return;
    const message = `${name} is not what the first ${asOfSize} leaves of the log come to`;
    const proof = { kind: 'answer', note: note.bytes, leaf: this.#leafAgainst(answer) } as const;
    this.#check.invalid.add({ message, evidence: { answer: note.text, recomputed: textOf(expected) }, proof });
  }

  /** The leaf that issued the invoice, if it says something else. */
  #leafAgainst(answer: SignedAnswer): number | undefined {
    if (answer.kind !== 'invoice') return undefined;
    const { issued } = this.#invoices.get(answer.invoice) as InvoiceFacts;
    return issued !== undefined && issued.index !== leafOfEndedLog && contradicts(issued, answer) ? issued.index : undefined;
  }

  #invoiceAt({ invoice, asOfSize }: InvoiceAnswer & SignedAnswer, currencies: LogPolicy['currencies']): Readonly<Record<string, string>> {
    const { issued, paid } = this.#invoices.get(invoice) as InvoiceFacts;
    if (issued === undefined || issued.index >= asOfSize) return {};
    const { account, currency, number, total } = issued.fin;
    const scales = currencies.get(String(currency));
    const sum = paid.filter(({ index }) => index < asOfSize).reduce((all, { amount }) => all + amount, 0n);
    const texts = { account: String(account), currency: String(currency), number: String(number), total: String(total) };
    return { ...texts, paid: scales === undefined ? '' : amountText(sum, scales) };
  }

  /** Nobody signed this part: a proof that does not fit convicts nobody, it only proves nothing. */
  #judgeProven({ committedIndex, balances }: ProvenBalances, cannot: (message: string) => void): void {
    const { stateRoot } = this.#commitments.get(committedIndex) ?? {};
    if (typeof stateRoot !== 'string') return cannot(`leaf ${committedIndex} is no commitment that could be read`);
    for (const { account, currency, value, ...proof } of balances) {
      const shown = provenEntryOf(stateRoot, keyOf(account, currency), proof);
      const fields = value === undefined ? undefined : parseJson(value);
      const isOwn = value === undefined || (isObject(fields) && fields['account'] === account && fields['currency'] === currency);
      const isShown = shown !== undefined && shown.valueHash === (value === undefined ? undefined : sha256Text(value));
      if (!isShown || !isOwn) cannot(`the proof of ${account} does not fit the commitment in leaf ${committedIndex}`);
    }
  }
}

/** Does the leaf that issued an invoice say something else than the answer? What was paid of it, it does not say. */
export function contradicts(
  { index, fin }: { readonly index: number; readonly fin: { readonly [name: string]: unknown } },
  answer: SignedAnswer & InvoiceAnswer,
): boolean {
  const { account, currency, number, total } = answer;
  if (index >= answer.asOfSize) return false;
  return Object.entries({ account, currency, number, total }).some(([name, text]) => fin[name] !== text);
}

function invoiceFields({ account, currency, number, total, paid }: InvoiceAnswer): Readonly<Record<string, string>> {
  return { account, currency, number, total, paid };
}

function textOf(fields: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(fields).sort(([left], [right]) => (left < right ? -1 : 1));
  return sorted.map(([name, value]) => `${name}: ${value}`).join('; ') || 'nothing';
}
