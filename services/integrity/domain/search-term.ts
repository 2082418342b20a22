import { isStreamName } from '../../event-store/domain/stream-name.ts';

/** What somebody who looks through a log may ask for, told apart by its form alone. */
export type SearchTerm =
  | { readonly by: 'event_id'; readonly eventId: string }
  /** Of a leaf, of a tree, of a balance in the map, or of a transaction where it is written as chains write it. */
  | { readonly by: 'hash'; readonly hash: string; readonly mayBeTransaction: boolean }
  /** Index of a leaf, or size of a tree. */
  | { readonly by: 'number'; readonly number: bigint }
  | { readonly by: 'stream'; readonly stream: string }
  | { readonly by: 'place'; readonly stream: string; readonly revision: bigint }
  | { readonly by: 'invoice_number'; readonly number: string }
  /** A customer's account. */
  | { readonly by: 'account'; readonly account: string }
  /** A place in the chart of accounts. */
  | { readonly by: 'ledger_account'; readonly ledgerAccount: string };

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const eventId = new RegExp(`^${uuid}$`, 'i');
const account = new RegExp(`^acc_${uuid}$`);
const hash = /^(0x)?([0-9a-f]{64})$/i;
const number = /^(?:0|[1-9][0-9]{0,18})$/;
const place = /^([^@]+)@(0|[1-9][0-9]{0,18})$/;
/** As it is printed on the bill. */
const invoiceNumber = /^[A-Z]{1,10}-[0-9]{1,18}$/;
const ledgerAccount = /^[a-z]+:[\x21-\x7e]+$/;
const ledgerAccountLengthMax = 256;
const numberMax = 2n ** 63n - 1n;

/** Undefined for a text that names nothing which a log can hold. */
export function searchTermOf(text: string): SearchTerm | undefined {
  if (eventId.test(text)) return { by: 'event_id', eventId: text.toLowerCase() };
  const [, prefix, digits] = hash.exec(text) ?? [];
  if (digits !== undefined) return { by: 'hash', hash: digits.toLowerCase(), mayBeTransaction: prefix !== undefined };
  if (number.test(text)) return inRange(BigInt(text), (value) => ({ by: 'number', number: value }));
  if (account.test(text)) return { by: 'account', account: text };
  if (invoiceNumber.test(text)) return { by: 'invoice_number', number: text };
  if (isStreamName(text)) return { by: 'stream', stream: text };
  const [, stream = '', revision = ''] = place.exec(text) ?? [];
  if (isStreamName(stream)) return inRange(BigInt(revision), (value) => ({ by: 'place', stream, revision: value }));
  if (ledgerAccount.test(text) && text.length <= ledgerAccountLengthMax) return { by: 'ledger_account', ledgerAccount: text };
  return undefined;
}

function inRange(value: bigint, term: (value: bigint) => SearchTerm): SearchTerm | undefined {
  return value <= numberMax ? term(value) : undefined;
}
