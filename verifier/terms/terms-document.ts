import { keccak_256 } from '@noble/hashes/sha3.js';
import { listOf } from '../bill/bundle.ts';
import { canonicalTextOf, isObject, parseJson } from '../log/canonical-json.ts';

/** Terms of an offer (docs/reference/settlement.md, "Terms"), as far as a bill and credits follow from them. */
export interface AgreedTerms {
  /** keccak256 of the canonical JSON: 0x and 64 hex. */
  readonly hash: string;
  /** Slug of the provider. */
  readonly provider: string;
  readonly offer: string;
  readonly version: string;
  readonly price: { readonly amount: string; readonly currency: string; readonly cycle: string };
  /** Stream and revision of the price versions that usage is rated by: `<stream>@<revision>`. */
  readonly priceBooks: readonly string[];
  readonly slaCredits: readonly SlaPromise[];
}

/** Money back when the service was not there, both in percent: of a cycle, and of its price. */
export interface SlaPromise {
  readonly availabilityBelow: string;
  readonly creditPercent: string;
}

const format = 'tallyroot-terms/1';

/** Reads a document of terms, bare or as the API answers it; for anything else, why it is none. The hash is never taken from the file. */
export function parseTerms(text: string): AgreedTerms | string {
  const file = parseJson(text);
  if (!isObject(file) || !isObject(file['document'])) return termsOf(file);
  const terms = termsOf(file['document']);
  return typeof terms === 'string' || file['hash'] === terms.hash
    ? terms
    : `a document of terms hashes to ${terms.hash}, and is said to be another`;
}

/** Reads the document itself. */
export function termsOf(document: unknown): AgreedTerms | string {
  if (!isObject(document) || document['format'] !== format) return `a file of terms is no ${format}`;
  const hash = termsHashOf(document);
  if (hash === undefined) return 'a document of terms has no canonical form';
  const { provider, offer, version } = document;
  const price = priceOf(document['price']);
  const priceBooks = listOf(document['priceBooks'], placeOf);
  const slaCredits = document['slaCredits'] === undefined ? [] : listOf(document['slaCredits'], promiseOf);
  if (
    typeof provider !== 'string' ||
    typeof offer !== 'string' ||
    typeof version !== 'string' ||
    price === undefined ||
    priceBooks === undefined ||
    slaCredits === undefined
  )
    return 'a document of terms cannot be read';
  return { hash, provider, offer, version, price, priceBooks, slaCredits };
}

/** keccak256 of the canonical JSON of a document; undefined where it has none. */
export function termsHashOf(document: unknown): string | undefined {
  const canonical = canonicalTextOf(document);
  return canonical === undefined ? undefined : `0x${Buffer.from(keccak_256(Buffer.from(canonical))).toString('hex')}`;
}

function priceOf(fields: unknown): AgreedTerms['price'] | undefined {
  if (!isObject(fields)) return undefined;
  const { amount, currency, cycle } = fields;
  if (typeof amount !== 'string' || typeof currency !== 'string' || typeof cycle !== 'string') return undefined;
  return { amount, currency, cycle };
}

function promiseOf(fields: unknown): SlaPromise | undefined {
  const { availabilityBelow, creditPercent } = isObject(fields) ? fields : {};
  return typeof availabilityBelow === 'string' && typeof creditPercent === 'string' ? { availabilityBelow, creditPercent } : undefined;
}

function placeOf(fields: unknown): string | undefined {
  const { stream, revision } = isObject(fields) ? fields : {};
  return typeof stream === 'string' && typeof revision === 'string' ? `${stream}@${revision}` : undefined;
}
