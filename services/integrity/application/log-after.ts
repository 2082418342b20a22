import type { StoredEvent } from '../../event-store/domain/event-store.ts';
import { ledgerEventOf } from '../../event-store/domain/ledger-event.ts';
import { isSignedForRecovery } from '../domain/log-policy.ts';
import { nameOfVkey } from '../domain/signed-note.ts';
import { policyOf } from './genesis.ts';
import { incarnationAfter } from './incarnations.ts';
import type { ProviderLog } from './provider-logs.ts';

/** A log as a later event of its system stream leaves it; undefined for an event that changes nothing of it. */
export function logAfter(log: ProviderLog, event: StoredEvent): ProviderLog | undefined {
  if (event.type === 'LogGenesis/1') return incarnationAfter(log, event);
  if (event.type === 'LogPolicyChanged/1') {
    const policy = policyOf(event);
    if (policy?.origin !== log.origin || !isSignedForRecovery(log.policy, policy)) return undefined;
    return { ...withKey(log, policy.vkey), policy };
  }
  const vkey = event.type === 'KeyRotated/1' ? rotatedTo(log, event) : undefined;
  return vkey === undefined ? undefined : { ...withKey(log, vkey), policy: { ...log.policy, vkey } };
}

/** The new key, if the recovery key signed for it and the log never had it: what a verifier does not take, nobody signs with. */
function rotatedTo({ origin, vkeys, policy }: ProviderLog, event: StoredEvent): string | undefined {
  const fin = ledgerEventOf(event)?.fin as { readonly vkey?: unknown; readonly signature?: unknown } | undefined;
  if (typeof fin?.vkey !== 'string' || typeof fin.signature !== 'string') return undefined;
  if (nameOfVkey(fin.vkey) !== origin || vkeys.includes(fin.vkey)) return undefined;
  return isSignedForRecovery(policy, { vkey: fin.vkey, signature: fin.signature }) ? fin.vkey : undefined;
}

function withKey(log: ProviderLog, vkey: string): ProviderLog {
  return log.vkeys.includes(vkey) ? log : { ...log, vkeys: [...log.vkeys, vkey] };
}
