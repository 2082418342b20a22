import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CommandExecutor } from '../../commands/application/command-executor.ts';
import type { Envelope } from '../../commands/application/envelope.ts';
import { streamName } from '../../event-store/domain/stream-name.ts';
import { assignNumbers, type AssignNumbersData, series } from '../domain/series.ts';

/** Numbers invoices in one append; answers the number of every invoice that it names. */
export class AssignNumbers extends Command<ReadonlyMap<string, string>> {
  readonly envelope: Envelope;
  readonly data: AssignNumbersData;

  constructor(envelope: Envelope, data: AssignNumbersData) {
    super();
    this.envelope = envelope;
    this.data = data;
  }
}

@CommandHandler(AssignNumbers)
export class AssignNumbersHandler implements ICommandHandler<AssignNumbers> {
  readonly #executor: CommandExecutor;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor) {
    this.#executor = executor;
  }

  async execute({ envelope, data }: AssignNumbers): Promise<ReadonlyMap<string, string>> {
    const stream = streamName({ slug: envelope.provider, kind: 'series', id: data.series });
    await this.#executor.execute({ aggregate: series, stream, envelope, decide: (state) => assignNumbers(state, data) });
    const { numbers } = await this.#executor.current(series, stream, envelope.provider);
    return new Map(data.invoices.map((invoice) => [invoice, numberOf(numbers.get(invoice)?.number, invoice)]));
  }
}

function numberOf(number: string | undefined, invoice: string): string {
  if (number === undefined) throw new TypeError(`Invoice ${invoice} has no number after it was numbered.`);
  return number;
}
