import { ProblemError } from '../../../http/problem-error.ts';
import type { NamedTransaction } from '../../application/checkout/transaction-lookups.ts';

/** What Fastify hands over: text, or a list of texts for a parameter that is given twice. */
export type CheckoutQuery = Readonly<Record<string, unknown>>;

const address = (text: string) => (/^0x[0-9a-fA-F]{40}$/.test(text) ? text.toLowerCase() : undefined);
const word = (text: string) => (/^0x[0-9a-fA-F]{64}$/.test(text) ? text.toLowerCase() : undefined);
const whole = (text: string) => (/^(?:0|[1-9][0-9]{0,77})$/.test(text) && BigInt(text) < 2n ** 256n ? text : undefined);
const readers = {
  tx: word,
  token: address,
  payer: address,
  method: (text: string) => (['permit', 'permit2', 'authorization'] as const).find((method) => method === text),
  /** Of a key 65 bytes; of a contract as long as it likes, within a URL. */
  signature: (text: string) => (/^0x(?:[0-9a-fA-F]{2}){64,2000}$/.test(text) ? text.toLowerCase() : undefined),
  nonce: whole,
  /** What the page was told of its transaction while that was waiting. */
  from: address,
  call: word,
  height: (text: string) => (text.length <= 19 ? whole(text) : undefined),
};

type Readers = typeof readers;
type Read<Name extends keyof Readers> = { readonly [Each in Name]?: Exclude<ReturnType<Readers[Each]>, undefined> };

/** Reads the named parameters. Throws the problem `query_invalid` that names every wrong or unknown one at once. */
export function readCheckoutQuery<Name extends keyof Readers>(query: CheckoutQuery, names: readonly Name[]): Read<Name> {
  const values: Record<string, string> = {};
  const errors: { readonly field: string; readonly code: string }[] = [];
  for (const [field, text] of Object.entries(query)) {
    const name = names.find((each) => each === field);
    const value = name === undefined || typeof text !== 'string' ? undefined : readers[name](text);
    if (value !== undefined) values[field] = value;
    else errors.push({ field, code: name === undefined ? 'parameter_unknown' : 'parameter_malformed' });
  }
  if (errors.length > 0) throw new ProblemError('query_invalid', { errors });
  return values as Read<Name>;
}

/** The transaction that a page asks after; undefined for a page that sent none. */
export function readNamedTransaction(query: CheckoutQuery): NamedTransaction | undefined {
  const { tx, from, nonce, call, height } = readCheckoutQuery(query, ['tx', 'from', 'nonce', 'call', 'height']);
  if (tx === undefined) return undefined;
  const isSeen = from !== undefined && nonce !== undefined && call !== undefined && height !== undefined;
  return { tx, ...(isSeen && { seen: { from, nonce, call, height } }) };
}
