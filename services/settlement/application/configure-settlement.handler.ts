import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Outcome } from '../../commands/application/answer.ts';
import { CommandExecutor } from '../../commands/application/command-executor.ts';
import type { Envelope } from '../../commands/application/envelope.ts';
import { providerIdOf } from '../domain/chain-number.ts';
import { type ConfigureRejection as DecisionRejection, configureSettlement, settlementProvider } from '../domain/settlement-provider.ts';
import type { SettlementProfileSet } from '../domain/settlement-provider.events.ts';
import { noTerms, terms } from '../domain/terms.ts';
import { settlementProviderStream, termsStream } from './settlement-streams.ts';

type ConfigureRejection = DecisionRejection | { readonly code: 'terms_not_found' };

export class ConfigureSettlement extends Command<Outcome<ConfigureRejection>> {
  readonly envelope: Envelope;
  readonly profile: SettlementProfileSet;

  constructor(envelope: Envelope, profile: SettlementProfileSet) {
    super();
    this.envelope = envelope;
    this.profile = profile;
  }
}

@CommandHandler(ConfigureSettlement)
export class ConfigureSettlementHandler implements ICommandHandler<ConfigureSettlement> {
  readonly #executor: CommandExecutor;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor) {
    this.#executor = executor;
  }

  async execute({ envelope, profile }: ConfigureSettlement): Promise<Outcome<ConfigureRejection>> {
    const { provider } = envelope;
    const { termsHash } = profile;
    if (termsHash !== noTerms) {
      const named = await this.#executor.current(terms, termsStream(provider, termsHash), provider);
      if (named.status === 'none') return { kind: 'rejected', rejection: { code: 'terms_not_found' } };
    }
    const data = { providerId: providerIdOf(provider), profile };
    const stream = settlementProviderStream(provider);
    return this.#executor.execute({
      ...{ aggregate: settlementProvider, stream, envelope },
      decide: (state) => configureSettlement(state, data),
    });
  }
}
