import { hash } from 'node:crypto';
import { type Json, canonicalJson } from '../../event-store/domain/canonical-json.ts';
import { type LogPolicy, policySigningText } from '../domain/log-policy.ts';
import type { SigningKey } from '../domain/signing-key.ts';
import { type ProviderLogs, ProviderUnknownFault } from './provider-logs.ts';
import type { SystemLeafAppended, SystemLog } from './system-log.ts';

/** What a provider may change about its log, such as a chain added to a log that began without one. */
export type PolicyChange = Partial<Pick<LogPolicy, 'chains' | 'heartbeatSeconds' | 'toleranceSeconds' | 'currencies' | 'receiptVkeys'>>;

/** Writes `LogPolicyChanged/1`: the whole new policy, signed by the recovery key, so that a thief of the log key cannot change it. */
export class ChangePolicy {
  readonly #logs: ProviderLogs;
  readonly #recovery: (slug: string) => Promise<SigningKey>;
  readonly #systemLog: SystemLog;

  /** `recovery` answers the recovery key of a provider, from wherever it is kept. */
  constructor(logs: ProviderLogs, recovery: (slug: string) => Promise<SigningKey>, systemLog: SystemLog) {
    this.#logs = logs;
    this.#recovery = recovery;
    this.#systemLog = systemLog;
  }

  /**
   * Durable when it resolves. Undefined, and nothing written, where the policy says so already. The same change of the same policy is
   * written once, however often a crash repeats it.
   */
  async change(slug: string, change: PolicyChange): Promise<SystemLeafAppended | undefined> {
    const log = await this.#logs.find(slug);
    if (log === undefined) throw new ProviderUnknownFault(slug);
    const { signature: _, ...policy } = log.policy;
    const fin: { readonly [name: string]: Json } = { ...policy, ...change };
    if (canonicalJson(fin) === canonicalJson(policy)) return undefined;
    const recovery = await this.#recovery(slug);
    const signature = recovery.sign(policySigningText(fin)).toString('base64');
    const id = idFrom(`tallyroot:policy:1\n${canonicalJson(log.policy)}\n${canonicalJson(fin)}`);
    return this.#systemLog.append({ slug, origin: log.origin, type: 'LogPolicyChanged/1', fin: { ...fin, signature }, id });
  }
}

/** A UUID (version 8, RFC 9562) from the digest of a text. */
export function idFrom(text: string): string {
  const hex = hash('sha256', text, 'hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
