import type { CommandBus } from '@nestjs/cqrs';
import type { Clock } from '../../../commands/application/clock.ts';
import { envelopeOf } from '../../../commands/application/envelope.ts';
import type { CreditBook } from './credit-book.ts';
import { forEachDue } from '../due-round.ts';
import { ExpireCredit } from './expire-credit.handler.ts';
import type { DueRounds } from '../sending/settlement-sender.ts';

export interface CreditExpiriesOptions {
  readonly book: Pick<CreditBook, 'tokens'>;
  readonly commands: CommandBus;
  readonly clock: Clock;
}

const hourMs = 3_600_000;

/**
 * Sees to it that credit which is over is burnt, and so earned, without anybody thinking of it. Each hour, since a month may end while the books
 * are still behind its last block, and a transaction may have failed, or come before its time; what is under way is not ordered again.
 */
export class CreditExpiries implements DueRounds {
  readonly #options: CreditExpiriesOptions;
  /** Who was looked at in this hour. */
  readonly #looked = new Set<string>();
  #hour: number | undefined;

  constructor(options: CreditExpiriesOptions) {
    this.#options = options;
  }

  async round(): Promise<void> {
    const { book, clock } = this.#options;
    const hour = Math.floor(Date.parse(clock.now()) / hourMs);
    if (hour !== this.#hour) this.#looked.clear();
    this.#hour = hour;
    const providers = new Set((await book.tokens()).map((token) => token.provider));
    const due = [...providers].filter((provider) => !this.#looked.has(provider));
    await forEachDue(due, {
      look: (provider) => this.#expire(provider, hour),
      failed: "providers' credit could not be looked at",
    });
  }

  async #expire(provider: string, hour: number): Promise<void> {
    const envelope = envelopeOf({
      ...{ provider, actor: { id: 'process:credit-expiries', type: 'process' }, command: 'ExpireCredit', body: {} },
      key: `credit-expiries:${hour}`,
    });
    await this.#options.commands.execute(new ExpireCredit(envelope));
    this.#looked.add(provider);
  }
}
