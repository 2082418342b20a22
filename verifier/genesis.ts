import { hash } from 'node:crypto';
import { isRecord, type Json } from './canonical-json.ts';
import { readEntry } from './entry.ts';
import type { Findings } from './findings.ts';
import type { LogSource } from './log-source.ts';
import { type Policy, readPolicy } from './policy.ts';

/** The beginning of a log as its genesis hash, got out of band, pins it. */
export interface Genesis {
  readonly policy: Policy;
  /** SHA-256(origin || "\n" || vkey), 0x-hex: the log's name in anchor contracts. */
  readonly logId: string;
}

/**
 * Reads `genesis.json` and holds it to the hash. Undefined when nothing further can be checked; `findings` says why: a genesis that is
 * not there is missing, one with another hash belongs to another log.
 */
export async function readGenesis(source: LogSource, genesisHash: string, findings: Findings): Promise<Genesis | undefined> {
  const bytes = await source.read('genesis.json');
  if (bytes === undefined) {
    findings.unverifiable('V2', 'genesis.json is missing.');
    return undefined;
  }
  const policy = policyIn(bytes.toString('utf8'), genesisHash);
  if (typeof policy === 'string') {
    findings.invalid('V2', policy, { leaf: 0n });
    return undefined;
  }
  return { policy, logId: `0x${hash('sha256', `${policy.origin}\n${policy.vkey}`, 'hex')}` };
}

/** The policy, or what is wrong with the file. */
function policyIn(text: string, genesisHash: string): Policy | string {
  let fields: Readonly<Record<string, unknown>>;
  try {
    fields = JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return 'genesis.json is not JSON.';
  }
  const { entry, payload, salt } = fields;
  if (typeof entry !== 'string' || typeof payload !== 'string' || typeof salt !== 'string') return 'genesis.json lacks a field.';
  const entryText = Buffer.from(entry, 'base64').toString('latin1');
  const found = hash('sha256', Buffer.concat([Buffer.of(0), Buffer.from(entry, 'base64')]), 'hex');
  if (found !== genesisHash) return `The genesis has the hash ${found}, not the one that was given: this is another log.`;
  const envelope = readEntry(entryText);
  const bytes = Buffer.from(payload, 'base64');
  if (envelope === undefined || envelope.pay !== payloadCommitment(bytes, salt))
    return 'The payload of the genesis does not open its commitment.';
  const policy = readPolicy(finOf(bytes.toString('utf8')));
  if (policy === undefined) return 'The genesis does not hold a whole policy.';
  return envelope.log === policy.origin ? policy : 'The genesis names another origin than its envelope.';
}

function finOf(text: string): Json | undefined {
  try {
    const payload = JSON.parse(text) as Json;
    return isRecord(payload) ? payload['fin'] : undefined;
  } catch {
    return undefined;
  }
}

function payloadCommitment(bytes: Buffer, salt: string): string {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return hash('sha256', Buffer.concat([Buffer.from('ledger-pay/1'), Buffer.from(salt, 'hex'), length, bytes]), 'hex');
}
