import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { envelopeOf } from '../../../commands/application/envelope.ts';
import type { ChainPlace, RecordedLog } from '../../domain/chain-effect.ts';
import { type CreditTokenBook, creditTokenIn, creditTokens, recordCreditToken } from '../../domain/credit-token.ts';
import type { KnownToken } from '../../domain/token-amount.ts';
import { creditTokenStream } from './credit-streams.ts';

const patienceMs = 60_000;

/** The tokens of prepaid credit that providers have created, from their own streams. */
export class CreditTokens {
  readonly #executor: CommandExecutor;

  constructor(executor: CommandExecutor) {
    this.#executor = executor;
  }

  /** The provider's credit on a chain, as it is sold; undefined where it has none that the ledger can count. */
  async of(provider: string, chainId: string): Promise<KnownToken | undefined> {
    return (await this.#book(provider, chainId)).recorded.at(-1)?.token;
  }

  /** The credit at an address. */
  async at(
    provider: string,
    { chainId, contract }: { readonly chainId: string; readonly contract: string },
  ): Promise<KnownToken | undefined> {
    return (await this.#book(provider, chainId)).recorded.find((each) => each.contract === contract)?.token;
  }

  /** Durable when it returns, and safe to repeat. Done before the creation is final in the books, so that what follows it finds the token. */
  async record(provider: string, at: Pick<ChainPlace, 'chainId' | 'tx'>, log: RecordedLog): Promise<void> {
    const data = creditTokenIn(at, log);
    const outcome = await this.#executor.execute({
      ...{ aggregate: creditTokens, stream: creditTokenStream(provider, data.chainId) },
      envelope: envelopeOf({
        ...{ provider, actor: { id: 'process:settlement-ledger', type: 'process' }, patienceMs },
        ...{ key: `credit-token:${data.chainId}:${data.contract}`, command: 'RecordCreditToken', body: data },
      }),
      decide: (state) => recordCreditToken(state, data),
    });
    if (outcome.kind === 'rejected') throw new Error(`The credit at ${data.contract} was refused: ${JSON.stringify(outcome.rejection)}`);
  }

  #book(provider: string, chainId: string): Promise<CreditTokenBook> {
    return this.#executor.current(creditTokens, creditTokenStream(provider, chainId), provider);
  }
}
