import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { knownRate, usableRate } from '../../domain/rate-table.ts';
import type { OfferedRate, RateSource } from './rate-source.ts';
import { rateStream } from '../settlement-streams.ts';

/** The table of rates that a provider keeps by command: each rate is a fact of its log, with source and time. */
export class RecordedRates implements RateSource {
  readonly #executor: CommandExecutor;

  constructor(executor: CommandExecutor) {
    this.#executor = executor;
  }

  async rateOf(provider: string, base: string, currency: string): Promise<OfferedRate | undefined> {
    const usable = usableRate(await this.#executor.current(knownRate, rateStream(provider, base, currency), provider));
    if (usable === undefined) return undefined;
    const { rate, source, at, spreadBps, ageSecondsMax, quoteSeconds } = usable;
    return {
      ...{ base, currency, rate, source, at, spreadBps },
      ageSecondsMax: BigInt(ageSecondsMax),
      quoteSeconds: BigInt(quoteSeconds),
    };
  }
}
