import { coSigner, type NoteSigner, noteSigner } from '../domain/note.ts';
import type { SigningKey } from '../domain/signing-key.ts';
import type { ProviderLog } from './provider-logs.ts';
import { SequencerHalt } from './sequencer-halt.ts';

/**
 * Signs heads with the newest key that the log names and, as long as their files are there, with those before it: whoever learned an older key
 * follows the log through a rotation. Throws `SequencerHalt` without the newest.
 */
export function headSigner({ slug, origin, vkeys }: ProviderLog, held: readonly SigningKey[]): NoteSigner {
  const signers = held.map((key) => noteSigner(origin, key));
  const newestFirst = vkeys.toReversed().flatMap((vkey) => signers.find((signer) => signer.vkey === vkey) ?? []);
  const [newest, ...older] = newestFirst;
  if (newest === undefined || newest.vkey !== vkeys.at(-1))
    throw new SequencerHalt(`${slug}: the log key ${vkeys.at(-1)} is not at hand. The log names it, and nothing is signed without it.`);
  return coSigner([newest, ...older]);
}
