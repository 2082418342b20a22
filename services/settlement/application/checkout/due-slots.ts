import type { Outcome } from '../../../commands/application/answer.ts';
import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import { reject } from '../../../commands/domain/decision.ts';
import { type Slot, slot } from '../../domain/slot.ts';
import { slotStream } from '../settlement-streams.ts';
import type { SubjectRejection } from './checkout-subject.ts';
import type { PayableSubjects } from './payable-subjects.ts';
import type { SlotReleases } from './slot-releases.ts';

export interface DueSlotsOptions {
  readonly executor: CommandExecutor;
  readonly subjects: PayableSubjects;
  readonly releases: SlotReleases;
}

/** What may be paid still: what was a bill or a title when its slot was opened may be paid, owned or called off since (docs/decisions/0154). */
export class DueSlots {
  readonly #options: DueSlotsOptions;

  constructor(options: DueSlotsOptions) {
    this.#options = options;
  }

  /**
   * The answer of a command on a slot that is not due any more, which is given up where nothing can land in it; undefined for one that is. A repeat is
   * answered by what it did.
   */
  async refused(envelope: Envelope, state: Slot, now: string): Promise<Outcome<SubjectRejection> | undefined> {
    if (state.status !== 'open') return undefined;
    const { executor, subjects, releases } = this.#options;
    const { provider } = envelope;
    const over = await subjects.refusalOf(provider, state.opened, now);
    if (over === undefined) return undefined;
    const stream = slotStream(provider, state.opened.seq);
    const outcome = await executor.execute({ aggregate: slot, stream, envelope, decide: () => reject(over) });
    if (outcome.kind === 'rejected') await releases.tryRelease(envelope, state, now);
    return outcome;
  }
}
