import { hash } from '#platform';
import type { LogPolicy } from './policy.ts';

/** The name of a log in anchor contracts, by its genesis: SHA-256(origin || "\n" || vkey), 0x-hex. The same on every chain. */
export function logIdOf({ origin, vkey }: Pick<LogPolicy, 'origin' | 'vkey'>): string {
  return `0x${hash('sha256', `${origin}\n${vkey}`, 'hex')}`;
}
