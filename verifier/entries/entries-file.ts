import { anchorOf, type Bundle, type BundledLeaf, leafOf, listOf } from '../bill/bundle.ts';
import { isObject, parseJson } from '../log/canonical-json.ts';

/** Entries that somebody took home: docs/reference/log-format.md, "Entries file". Nothing of it is believed yet. */
export interface EntriesFile extends Pick<Bundle, 'genesis' | 'policies' | 'checkpoint' | 'anchors'> {
  readonly entries: readonly BundledLeaf[];
}

const version = 'tallyroot-entries/1';

/** Reads one JSON document, or JSON lines of which the first is about the log; for anything else, why it is neither. */
export function parseEntries(text: string): EntriesFile | string {
  const whole = parseJson(text);
  if (isObject(whole) && whole['entries'] !== undefined) return fileOf(whole, whole['entries']);
  const [log, ...lines] = text.trimEnd().split('\n').map(parseJson);
  if (!isObject(log) || !lines.every(isObject)) return `the file is no ${version}`;
  // What else a search found, such as accounts and anchors, is not proven by its line.
  return fileOf(
    log,
    lines.filter((line) => line['entry'] !== undefined),
  );
}

function fileOf(log: { readonly [name: string]: unknown }, leaves: unknown): EntriesFile | string {
  if (log['v'] !== version) return `the file is no ${version}`;
  const { checkpoint } = log;
  const policies = listOf(log['policies'], leafOf);
  const anchors = listOf(log['anchors'], anchorOf);
  const entries = listOf(leaves, entryOf);
  if (typeof checkpoint !== 'string') return 'the file has no signed head';
  if (policies === undefined || anchors === undefined || entries === undefined) return 'an entry or an anchor of the file cannot be read';
  if (entries.length === 0) return 'the file holds no entry';
  return { genesis: Buffer.from(JSON.stringify(log['genesis'] ?? null)), policies, checkpoint: Buffer.from(checkpoint), anchors, entries };
}

function entryOf(value: unknown): BundledLeaf | undefined {
  const leaf = leafOf(value);
  if (leaf === undefined || !isObject(value)) return undefined;
  return value['absent'] === 'withheld' ? { ...leaf, isWithheld: true } : leaf;
}
