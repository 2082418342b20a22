import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Outcome } from '../../../commands/application/answer.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import { settleSlot, type SlotRejection } from '../../domain/slot.decider.ts';
import { slot } from '../../domain/slot.ts';
import { slotStream } from '../settlement-streams.ts';

/** A payment of the slot is final: nothing more is quoted for it. */
export class SettleSlot extends Command<Outcome<SlotRejection>> {
  readonly envelope: Envelope;
  readonly slot: string;

  constructor(envelope: Envelope, seq: string) {
    super();
    this.envelope = envelope;
    this.slot = seq;
  }
}

@CommandHandler(SettleSlot)
export class SettleSlotHandler implements ICommandHandler<SettleSlot> {
  readonly #executor: CommandExecutor;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor) {
    this.#executor = executor;
  }

  execute({ envelope, slot: seq }: SettleSlot) {
    const stream = slotStream(envelope.provider, seq);
    return this.#executor.execute({ aggregate: slot, stream, envelope, decide: settleSlot });
  }
}
