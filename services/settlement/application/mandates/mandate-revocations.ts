import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { envelopeOf } from '../../../commands/application/envelope.ts';
import { noteRevocation } from '../../domain/mandate.decider.ts';
import { mandate } from '../../domain/mandate.ts';
import type { MandateOwners } from './mandate-owners.ts';
import { mandateStream } from '../sending/sending-streams.ts';
import type { MandateEnd } from '../watching/settlement-ledger.ts';

const patienceMs = 60_000;

/**
 * Writes down which mandates are over on chain. Their logs name nobody, and are few where all is well; a stranger can make as many as it pays for,
 * of mandates that nobody offered. So it is asked once whose they are, and only those streams are touched.
 */
export class MandateRevocations {
  readonly #executor: CommandExecutor;
  readonly #owners: MandateOwners;

  constructor(executor: CommandExecutor, owners: MandateOwners) {
    this.#executor = executor;
    this.#owners = owners;
  }

  /** Safe to repeat. A mandate that no provider of ours ever offered is none of ours. */
  async note(ends: readonly MandateEnd[]): Promise<void> {
    if (ends.length === 0) return;
    for (const { provider, mandate } of await this.#owners.of(ends)) await this.#note(provider, mandate);
  }

  async #note(provider: string, id: string): Promise<void> {
    const envelope = envelopeOf({
      ...{ provider, actor: { id: 'process:settlement-ledger', type: 'process' }, key: `NoteRevocation:${id}` },
      ...{ command: 'NoteRevocation', body: { mandate: id }, patienceMs },
    });
    const outcome = await this.#executor.execute({
      aggregate: mandate,
      stream: mandateStream(provider, id),
      envelope,
      decide: noteRevocation,
    });
    if (outcome.kind === 'rejected') throw new RangeError(JSON.stringify(outcome.rejection));
  }
}
