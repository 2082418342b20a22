import { hash } from 'node:crypto';
import type { KeyRole } from './signing-key.ts';

/**
 * The origin of a log that nobody gave a name of their own: `tallyroot.local/<first 16 hex of SHA-256(raw public log key)>/<slug>`. The
 * key in it keeps two installations apart that use the same slug.
 */
export function localOrigin(slug: string, logPublicKey: Uint8Array): string {
  return `tallyroot.local/${hash('sha256', logPublicKey, 'hex').slice(0, 16)}/${slug}`;
}

/** Tree heads are signed under the origin itself, everything else under a name below it. */
export function keyNameOf(origin: string, role: KeyRole): string {
  return role === 'log' ? origin : `${origin}/${role}`;
}

/** Names the log in anchor contracts: SHA-256(origin || "\n" || vkey at genesis), 64 hex. Unchanged when keys rotate. */
export function logIdOf(origin: string, genesisVkey: string): string {
  return hash('sha256', `${origin}\n${genesisVkey}`, 'hex');
}
