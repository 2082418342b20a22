import type { SettlementCredited } from '../../../accounts/domain/account-settlement.events.ts';
import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import type { LedgerEvent } from '../../../event-store/domain/ledger-event.ts';
import { moneyOf } from '../../../money/money.ts';
import type { Projection } from '../../../read-store/projection.ts';
import { creditHolder, nameCreditHolder } from '../../domain/credit-holder.ts';
import { creditIssueOrdered } from '../../domain/credit-issue.ts';
import { settlement, standingOf } from '../../domain/settlement.ts';
import { slot } from '../../domain/slot.ts';
import { terms } from '../../domain/terms.ts';
import type { CreditTokens } from './credit-tokens.ts';
import { creditHolderStream } from './credit-streams.ts';
import { orderDispatch } from '../sending/dispatch-commands.ts';
import { processEnvelope } from '../process-envelope.ts';
import { settlementStream, slotStream, termsStream } from '../settlement-streams.ts';

export interface PrepaidCreditProcessParts {
  readonly executor: CommandExecutor;
  readonly tokens: CreditTokens;
}

/**
 * Gives out prepaid credit that was paid for, once its payment is final and credited (rule 15): never for a second payment of a slot, which went
 * to the wallet. It runs like a read model without rows; every command is safe to repeat, so a crash anywhere only means that the batch is
 * handled again.
 */
export class PrepaidCreditProcess implements Projection {
  readonly name = 'prepaid-credit-process';
  readonly version = 1;
  readonly schema = '';
  readonly tables = [];
  readonly filter = { typePrefixes: ['SettlementCredited/'] };
  readonly #parts: PrepaidCreditProcessParts;

  constructor(parts: PrepaidCreditProcessParts) {
    this.#parts = parts;
  }

  async project(events: Iterable<LedgerEvent>): Promise<void> {
    // The type names the shape of the payload.
    for (const event of events)
      if (event.type === 'SettlementCredited/1') await this.#credited(event, event.fin as unknown as SettlementCredited);
  }

  async #credited(event: LedgerEvent, credited: SettlementCredited): Promise<void> {
    const { purpose, wallet, currency, account } = credited;
    if (purpose !== 'credit' || moneyOf(wallet, currency).amount > 0n) return;
    const { executor, tokens } = this.#parts;
    const { provider } = event;
    const paid = await executor.current(settlement, settlementStream(provider, credited.settlement), provider);
    const payment = paid.status === 'none' ? undefined : paid.seen.payment;
    if (paid.status === 'none' || payment === undefined) throw new Error(`${credited.settlement} was credited, and is no payment.`);
    // It is not on the chain any more, though it was credited: where it comes again, it is credited again.
    if (standingOf(paid) !== 'finalized') return;
    const bought = await executor.current(slot, slotStream(provider, payment.slot), provider);
    if (bought.status === 'none') throw new Error(`Slot ${payment.slot} was paid, and was never opened.`);
    const token = await tokens.of(provider, paid.seen.chainId);
    // Bought before there was a token: it stays in `credit-unissued`, where whoever looks finds it.
    if (token === undefined) return;
    const agreed = await executor.current(terms, termsStream(provider, bought.opened.termsHash), provider);
    const data = creditIssueOrdered(
      {
        ...{ settlement: credited.settlement, seen: paid.seen, payer: payment.payer, opened: bought.opened },
        terms: agreed.status === 'none' ? undefined : agreed.document.credit,
      },
      token,
    );
    await this.#nameHolder(event, payment.payer, account);
    const outcome = await orderDispatch(executor, this.#envelope(event, 'OrderDispatch'), { type: 'CreditIssueOrdered/1', data });
    // A slot is credited once, and the order follows from it: a refusal here is a defect, and the process halts at it.
    if (outcome.kind === 'rejected') throw new Error(`Credit of slot ${data.slot} was refused: ${JSON.stringify(outcome.rejection)}`);
  }

  async #nameHolder(event: LedgerEvent, holder: string, account: string): Promise<void> {
    const outcome = await this.#parts.executor.execute({
      ...{
        aggregate: creditHolder,
        stream: creditHolderStream(event.provider, holder),
        envelope: this.#envelope(event, 'NameCreditHolder'),
      },
      decide: (state) => nameCreditHolder(state, { holder, account }),
    });
    if (outcome.kind === 'rejected') throw new Error(`${holder} was not named: ${JSON.stringify(outcome.rejection)}`);
  }

  #envelope(cause: LedgerEvent, command: string): Envelope {
    return processEnvelope('prepaid-credit', cause, command);
  }
}
