import { isObject, parseJson } from './canonical-json.ts';
import { EntryReader, leafHashOf } from './entry.ts';
import { type LogPolicy, parsePolicy } from './policy.ts';
import { commitmentOf } from './stored-event.ts';

/** What leaf 0 says, opened and held against the hash that the auditor got elsewhere. */
export interface Genesis {
  /** Leaf hash of leaf 0, 64 lower-case hex. */
  readonly hash: string;
  readonly policy: LogPolicy;
  /** As it stands there. */
  readonly fin: { readonly [name: string]: unknown };
}

/** The genesis, or why the file is not the genesis that was asked for. */
export function openGenesis(file: Buffer, genesisHash: string): Genesis | string {
  const fields = parseJson(file.toString('utf8'));
  const entry = bytesOf(fields, 'entry');
  const payload = bytesOf(fields, 'payload');
  const salt = isObject(fields) ? fields['salt'] : undefined;
  if (entry === undefined || payload === undefined || typeof salt !== 'string' || !/^[0-9a-f]{64}$/.test(salt))
    return 'genesis.json is not {"entry": base64, "payload": base64, "salt": 64 hex}';
  const hash = leafHashOf(entry);
  if (hash !== genesisHash) return `genesis.json holds the genesis ${hash}: this is another log than the one that was asked for`;
  const data = parseJson(payload.toString('utf8'));
  const fin = isObject(data) ? data['fin'] : undefined;
  const policy = parsePolicy(fin);
  if (policy === undefined || !isObject(fin)) return 'the genesis lacks what a verifier needs, or says it in another form';
  const text = entry.toString('latin1');
  const read = new EntryReader(policy.origin).read(entry, text, 0, text.length);
  if (read === undefined) return 'the entry of the genesis has not the form of an entry of this origin';
  if (read.pay !== commitmentOf('ledger-pay/1', salt, payload)) return 'payload and salt do not open the commitment of the genesis';
  if (
    read.type !== 'LogGenesis/1' ||
    read.stream !== `${policy.streamPrefix}log-0` ||
    (read.revision === 0) === (policy.supersedes !== undefined)
  )
    return 'leaf 0 is not a LogGenesis/1 at revision 0 of the log stream, or behind the log that it supersedes';
  return { hash, policy, fin };
}

function bytesOf(fields: unknown, name: string): Buffer | undefined {
  const text = isObject(fields) ? fields[name] : undefined;
  if (typeof text !== 'string') return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
