import { policySigningText } from '../domain/log-policy.ts';
import { noteSigner } from '../domain/note.ts';
import { keyNameOf } from '../domain/origin.ts';
import { textSignedBy } from '../domain/signed-note.ts';
import type { KeyRole, SigningKey } from '../domain/signing-key.ts';
import { ChangePolicy, idFrom } from './change-policy.ts';
import type { HeadStore } from './head-store.ts';
import type { Keyring } from './keyring.ts';
import { type ProviderLog, type ProviderLogs, ProviderUnknownFault } from './provider-logs.ts';
import type { SystemLog } from './system-log.ts';

/** A key cannot be rotated as asked. Nothing was written to the log. */
export class RotationRefusedFault extends Error {
  override readonly name = 'RotationRefusedFault';
  readonly retryable = false;
}

export interface RotateKeysOptions {
  readonly logs: ProviderLogs;
  readonly keyring: Keyring;
  readonly heads: HeadStore;
  readonly systemLog: SystemLog;
}

export interface Rotated {
  /** The key that signs from now on, in C2SP text form. */
  readonly vkey: string;
  /** False where an earlier call, cut off perhaps, has done it already. */
  readonly isNew: boolean;
}

/**
 * Gives a log another key, under the signature of the recovery key, which is kept away from this machine: a thief of the log key, or of the
 * whole service, cannot. The new key is on disk before the log names it, so that a crash at any line is mended by calling again.
 */
export class RotateKeys {
  readonly #options: RotateKeysOptions;

  constructor(options: RotateKeysOptions) {
    this.#options = options;
  }

  /** Writes `KeyRotated/1`. From its head on, heads are signed by the new key, and by the old one while its file is there. */
  async rotateLogKey(slug: string, recovery: SigningKey): Promise<Rotated> {
    const { heads, systemLog } = this.#options;
    const log = await this.#logOf(slug, recovery);
    const newest = log.vkeys.at(-1) as string;
    const published = await heads.published(slug);
    // A rotation that no head stands under yet is the one that was asked for.
    if (log.vkeys.length > 1 && textSignedBy(published?.note ?? '', newest) === undefined) return { vkey: newest, isNew: false };
    const { vkey } = await this.#unnamed(log, 'log', log.vkeys);
    const signature = recovery.sign(policySigningText({ vkey })).toString('base64');
    const id = idFrom(`tallyroot:rotation:1\n${log.origin}\n${vkey}`);
    await systemLog.append({ slug, origin: log.origin, type: 'KeyRotated/1', fin: { vkey, signature }, id });
    return { vkey, isNew: true };
  }

  /** Writes `LogPolicyChanged/1` that lists a new receipts key first. The old ones stay listed: what they signed stays evidence. */
  async rotateReceiptsKey(slug: string, recovery: SigningKey): Promise<Rotated> {
    const { logs, systemLog } = this.#options;
    const log = await this.#logOf(slug, recovery);
    const { receiptVkeys } = log.policy;
    const { vkey } = await this.#unnamed(log, 'receipts', receiptVkeys);
    const change = new ChangePolicy(logs, () => Promise.resolve(recovery), systemLog);
    await change.change(slug, { receiptVkeys: [vkey, ...receiptVkeys] });
    return { vkey, isNew: true };
  }

  async #logOf(slug: string, recovery: SigningKey): Promise<ProviderLog> {
    const log = await this.#options.logs.find(slug);
    if (log === undefined) throw new ProviderUnknownFault(slug);
    const { vkey } = noteSigner(keyNameOf(log.origin, 'recovery'), recovery);
    if (vkey !== log.policy.recoveryVkey)
      throw new RotationRefusedFault(`This is not the recovery key of ${slug}: the log names ${log.policy.recoveryVkey}.`);
    return log;
  }

  /** A key that an earlier call has made and the log does not name, or a new one. */
  async #unnamed({ slug, origin }: ProviderLog, role: KeyRole, named: readonly string[]) {
    const { keyring } = this.#options;
    const name = keyNameOf(origin, role);
    const held = (await keyring.all(slug, role)).map((key) => noteSigner(name, key));
    return held.find(({ vkey }) => !named.includes(vkey)) ?? noteSigner(name, await keyring.add(slug, role));
  }
}
