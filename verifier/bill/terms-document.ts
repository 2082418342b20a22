import { keccak_256 } from '@noble/hashes/sha3.js';
import { canonicalTextOf, isObject, parseJson } from '../log/canonical-json.ts';
import { listOf } from './bundle.ts';

/** Terms of an offer (docs/reference/settlement.md, "Terms"), as far as a bill follows from them. */
export interface BillTerms {
  /** keccak256 of the canonical JSON: 0x and 64 hex. */
  readonly hash: string;
  /** Slug of the provider. */
  readonly provider: string;
  readonly offer: string;
  readonly version: string;
  readonly price: { readonly amount: string; readonly currency: string; readonly cycle: string };
  /** Stream and revision of the price versions that usage is rated by: `<stream>@<revision>`. */
  readonly priceBooks: readonly string[];
}

const format = 'tallyroot-terms/1';

/** Reads a document of terms, bare or as the API answers it; for anything else, why it is none. The hash is never taken from the file. */
export function parseTerms(text: string): BillTerms | string {
  const file = parseJson(text);
  const document = isObject(file) && isObject(file['document']) ? file['document'] : file;
  if (!isObject(document) || document['format'] !== format) return `a file of terms is no ${format}`;
  const canonical = canonicalTextOf(document);
  if (canonical === undefined) return 'a document of terms has no canonical form';
  const hash = `0x${Buffer.from(keccak_256(Buffer.from(canonical))).toString('hex')}`;
  if (isObject(file) && isObject(file['document']) && file['hash'] !== hash)
    return `a document of terms hashes to ${hash}, and is said to be another`;
  const { provider, offer, version } = document;
  const price = priceOf(document['price']);
  const priceBooks = listOf(document['priceBooks'], placeOf);
  if (
    typeof provider !== 'string' ||
    typeof offer !== 'string' ||
    typeof version !== 'string' ||
    price === undefined ||
    priceBooks === undefined
  )
    return 'a document of terms cannot be read';
  return { hash, provider, offer, version, price, priceBooks };
}

function priceOf(fields: unknown): BillTerms['price'] | undefined {
  if (!isObject(fields)) return undefined;
  const { amount, currency, cycle } = fields;
  if (typeof amount !== 'string' || typeof currency !== 'string' || typeof cycle !== 'string') return undefined;
  return { amount, currency, cycle };
}

function placeOf(fields: unknown): string | undefined {
  if (!isObject(fields)) return undefined;
  const { stream, revision } = fields;
  return typeof stream === 'string' && typeof revision === 'string' ? `${stream}@${revision}` : undefined;
}
