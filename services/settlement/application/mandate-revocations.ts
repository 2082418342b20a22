import type { CommandExecutor } from '../../commands/application/command-executor.ts';
import { envelopeOf } from '../../commands/application/envelope.ts';
import { noteRevocation } from '../domain/mandate.decider.ts';
import { mandate } from '../domain/mandate.ts';
import type { ProviderDirectory } from './provider-directory.ts';
import { mandateStream } from './sending-streams.ts';
import type { MandateEnd } from './settlement-ledger.ts';

const patienceMs = 60_000;

/**
 * Writes down that a mandate is over on chain. Its log names nobody but the mandate, and the id of a mandate is its digest, so whose it is says
 * the stream: at most one provider has it. Every provider is asked, since an index would have to be waited for, and revocations are few.
 */
export class MandateRevocations {
  readonly #executor: CommandExecutor;
  readonly #providers: ProviderDirectory;

  constructor(executor: CommandExecutor, providers: ProviderDirectory) {
    this.#executor = executor;
    this.#providers = providers;
  }

  /** Safe to repeat. A mandate that no provider of ours ever offered is none of ours. */
  async note(end: MandateEnd): Promise<void> {
    for (const provider of this.#providers.slugs()) if (await this.#isOf(provider, end)) await this.#note(provider, end);
  }

  async #isOf(provider: string, { mandate: id, chainId, contract }: MandateEnd): Promise<boolean> {
    const state = await this.#executor.current(mandate, mandateStream(provider, id), provider);
    return state.status !== 'none' && state.offered.chainId === chainId && state.offered.contract === contract;
  }

  async #note(provider: string, { mandate: id }: MandateEnd): Promise<void> {
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
