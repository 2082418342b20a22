import { type AgreedTerms, parseTerms } from '../terms/terms-document.ts';
import { type CountedUsage, parseUsage } from './usage-file.ts';

/** What a bill is to be computed from once more, as text of files; nothing where no terms are given. */
export interface TermsFiles {
  readonly terms: readonly string[];
  /** Hashes that somebody else than the operator's server named: what was signed, or paid for. */
  readonly termsHashes: readonly string[];
  readonly usage: string | undefined;
}

export interface ReadTerms {
  readonly terms: readonly AgreedTerms[];
  readonly usage: ReadonlyMap<string, CountedUsage> | undefined;
}

/** Reads them; else why they cannot be taken. A document that nobody named is not taken beside those that are. */
export function readTermsFiles({ terms: texts, termsHashes, usage: text }: TermsFiles): ReadTerms | string {
  const terms: AgreedTerms[] = [];
  for (const file of texts) {
    const read = parseTerms(file);
    if (typeof read === 'string') return read;
    terms.push(read);
  }
  const hashes = terms.map(({ hash }) => hash);
  const [absent] = termsHashes.filter((hash) => !hashes.includes(hash));
  if (absent !== undefined) return `no document of terms hashes to ${absent}, but to ${hashes.join(', ')}`;
  const [unnamed] = termsHashes.length === 0 ? [] : hashes.filter((hash) => !termsHashes.includes(hash));
  if (unnamed !== undefined) return `nobody named the terms ${unnamed}`;
  const usage = text === undefined ? undefined : parseUsage(text);
  return typeof usage === 'string' ? usage : { terms, usage };
}
