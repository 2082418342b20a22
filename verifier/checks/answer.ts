import type { StateProof } from '../fold/state-proof.ts';
import { isObject, parseCanonical } from '../log/canonical-json.ts';
import { parseNote, type SignedNote } from '../note/signed-note.ts';

/** What the operator says an account has: each place in the chart with its currency, debits minus credits. */
export interface BalanceAnswer {
  readonly kind: 'balances';
  readonly account: string;
  /** By place and currency, as `<place> <currency>`. */
  readonly balances: ReadonlyMap<string, string>;
}

export interface InvoiceAnswer {
  readonly kind: 'invoice';
  readonly invoice: string;
  readonly account: string;
  readonly currency: string;
  readonly number: string;
  readonly total: string;
  readonly paid: string;
}

export interface ProvenBalances {
  readonly committedIndex: number;
  readonly balances: readonly (StateProof & { readonly account: string; readonly currency: string; readonly value: string | undefined })[];
}

export type SignedAnswer = (BalanceAnswer | InvoiceAnswer) & {
  /** For people: which one of the file it is. */
  readonly name: string;
  readonly origin: string;
  /** It speaks of the leaves below this size. */
  readonly asOfSize: number;
  readonly note: SignedNote;
  readonly proven: ProvenBalances | undefined;
};

const noteText = /^tallyroot-answer\/1\n([^\n]+)\n(0|[1-9][0-9]{0,14})\n([^\n]+)\n$/u;
const numberPattern = /^(0|[1-9][0-9]{0,14})$/;

/** Reads an answer as the API gives it; what counts is the signed note alone. Undefined for anything else. */
export function readAnswer(name: string, { current, proven }: { readonly [name: string]: unknown }): SignedAnswer | undefined {
  const encoded = isObject(current) ? current['note'] : undefined;
  const note = typeof encoded === 'string' ? parseNote(Buffer.from(encoded)) : undefined;
  const [, origin, size, text] = noteText.exec(note?.text ?? '') ?? [];
  if (note === undefined || origin === undefined || size === undefined || text === undefined) return undefined;
  const value = valueOf(parseCanonical(text));
  return value && { ...value, name, origin, asOfSize: Number(size), note, proven: provenOf(proven) };
}

function valueOf(value: unknown): BalanceAnswer | InvoiceAnswer | undefined {
  if (!isObject(value) || typeof value['account'] !== 'string') return undefined;
  const { account, balances } = value;
  if (balances === undefined) {
    const { invoice, currency, number, total, paid } = value;
    if ([invoice, currency, number, total, paid].some((field) => typeof field !== 'string')) return undefined;
    return { kind: 'invoice', account, ...({ invoice, currency, number, total, paid } as Omit<InvoiceAnswer, 'kind' | 'account'>) };
  }
  if (!Array.isArray(balances)) return undefined;
  const texts = (balances as unknown[]).map((line) => {
    const { account: place, currency, balance } = isObject(line) ? line : {};
    return typeof place === 'string' && typeof currency === 'string' && typeof balance === 'string'
      ? ([`${place} ${currency}`, balance] as const)
      : undefined;
  });
  if (texts.includes(undefined)) return undefined;
  const table = new Map(texts as (readonly [string, string])[]);
  return table.size === texts.length ? { kind: 'balances', account, balances: table } : undefined;
}

/** The part with proofs, which nobody signs; undefined where it is not there, or is another kind of proof. */
function provenOf(proven: unknown): ProvenBalances | undefined {
  const { committedIndex, balances } = isObject(proven) ? proven : {};
  if (typeof committedIndex !== 'string' || !numberPattern.test(committedIndex) || !Array.isArray(balances)) return undefined;
  const read = (balances as unknown[]).flatMap((fields) => {
    const { account, currency, value, siblings, terminal } = isObject(fields) ? fields : {};
    const isList = Array.isArray(siblings) && siblings.every((hash) => typeof hash === 'string');
    if (typeof account !== 'string' || typeof currency !== 'string' || !isList) return [];
    const { key, valueHash } = isObject(terminal) ? terminal : {};
    const at = typeof key === 'string' && typeof valueHash === 'string' ? { key, valueHash } : undefined;
    return [{ account, currency, value: typeof value === 'string' ? value : undefined, siblings, terminal: at }];
  });
  return { committedIndex: Number(committedIndex), balances: read };
}
