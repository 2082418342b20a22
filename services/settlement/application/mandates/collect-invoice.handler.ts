import { Inject } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Outcome } from '../../../commands/application/answer.ts';
import { CLOCK, type Clock } from '../../../commands/application/clock.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import { type Decision, reject } from '../../../commands/domain/decision.ts';
import { collectionDispatchId } from '../../domain/dispatch.events.ts';
import { dispatch } from '../../domain/dispatch.ts';
import { collectable } from '../../domain/mandate.decider.ts';
import type { MandateEvent } from '../../domain/mandate.events.ts';
import { leftForSlot, type Mandate, mandate } from '../../domain/mandate.ts';
import { IssueQuote, type QuoteRejection } from '../quoting/issue-quote.handler.ts';
import type { MandateCommandRejection } from './mandate-command.ts';
import { CollectByMandate } from './mandate.handlers.ts';
import { type CheckoutRejection, OpenCheckout } from '../checkout/open-checkout.handler.ts';
import { PayerCollectionLimit } from './payer-collection-limit.ts';
import type { SpendingLimit } from '../sending/sending-limits.ts';
import { dispatchStream, mandateStream } from '../sending/sending-streams.ts';
import { stepEnvelope } from '../step-envelope.ts';

const process = 'collection';

/** Of a price that somebody else began: what is sent with less left than that expires on its way, and uses up a retry. */
const priceSecondsMin = 180n;

export type CollectInvoiceRejection = MandateCommandRejection | CheckoutRejection | QuoteRejection | SpendingLimit;

export interface CollectionAsked {
  readonly invoice: string;
  readonly mandate: string;
  /** On the page of a checkout, where anybody may ask: then the gas of it has a limit of the day. So has the first of a mandate that was set up there. */
  readonly byPayer?: boolean;
}

/** What is open of an invoice is collected under a mandate of its account, at the rate of now. What a billing run calls, too. */
export class CollectInvoice extends Command<Outcome<CollectInvoiceRejection>> {
  readonly envelope: Envelope;
  readonly asked: CollectionAsked;

  constructor(envelope: Envelope, asked: CollectionAsked) {
    super();
    this.envelope = envelope;
    this.asked = asked;
  }
}

/**
 * Three steps, each a command that is safe to repeat: the slot of the invoice, a quote for the payer of the mandate alone and within what it leaves, and
 * the decision of the mandate. A crash between two is mended by the repeat. Whoever pays the same slot by hand meanwhile closes it, and nothing is taken twice.
 */
@CommandHandler(CollectInvoice)
export class CollectInvoiceHandler implements ICommandHandler<CollectInvoice> {
  readonly #executor: CommandExecutor;
  readonly #commands: CommandBus;
  readonly #limit: PayerCollectionLimit;
  readonly #clock: Clock;

  constructor(
    @Inject(CommandExecutor) executor: CommandExecutor,
    @Inject(CommandBus) commands: CommandBus,
    @Inject(PayerCollectionLimit) limit: PayerCollectionLimit,
    @Inject(CLOCK) clock: Clock,
  ) {
    [this.#executor, this.#commands, this.#limit, this.#clock] = [executor, commands, limit, clock];
  }

  async execute({ envelope, asked }: CollectInvoice): Promise<Outcome<CollectInvoiceRejection>> {
    const { provider } = envelope;
    const state = await this.#executor.current(mandate, mandateStream(provider, asked.mandate), provider);
    const byPayer = asked.byPayer === true || (await this.#isUntried(provider, state));
    const slot = await this.#quotedSlot(envelope, state, { ...asked, byPayer });
    if (typeof slot === 'string') return this.#commands.execute(new CollectByMandate(envelope, { mandate: asked.mandate, slot, byPayer }));
    return this.#executor.execute({
      ...{ aggregate: mandate, stream: mandateStream(provider, asked.mandate), envelope },
      // A repeat is answered by what it did, also where the invoice is paid by now.
      decide: (): Decision<MandateEvent, CollectInvoiceRejection> => reject(slot),
    });
  }

  /**
   * Was it set up by whoever has a link, and has nothing been collected under it yet? Then its wallet may be a stranger's, that makes the collection fail
   * on the chain: the gas of that has the limit of what payers order, whoever asks for it.
   */
  async #isUntried(provider: string, state: Mandate): Promise<boolean> {
    if (state.status !== 'agreed' || state.offered.byPayer !== true) return false;
    for (const slot of [...state.collections.keys()].reverse()) {
      const sent = await this.#executor.current(dispatch, dispatchStream(provider, collectionDispatchId(slot)), provider);
      if (sent.status === 'done') return false;
    }
    return true;
  }

  /** The seq of the invoice's slot, with a good quote in the token of the mandate. Nothing is opened for a mandate that is not agreed to. */
  async #quotedSlot(envelope: Envelope, state: Mandate, asked: CollectionAsked): Promise<string | CollectInvoiceRejection> {
    const { provider } = envelope;
    const agreed = collectable(state);
    if ('code' in agreed) return agreed;
    const { account, chainId, terms } = agreed.offered;
    const above = asked.byPayer === true ? await this.#limit.above(provider, { account, chainId }) : undefined;
    if (above !== undefined) return above;
    const subject = { kind: 'invoice' as const, invoice: asked.invoice };
    const isFor = (of: string) => of === account;
    const opening = stepEnvelope(envelope, 'OpenCheckout', { invoice: asked.invoice, chainId }, process);
    const { seq, outcome } = await this.#commands.execute(new OpenCheckout(opening, { subject, chainId }, isFor));
    if (outcome.kind === 'rejected') return rejectionIn(outcome);
    const { token, payer, start, end } = terms;
    const unitsMax = leftForSlot(agreed, seq, this.#clock.now());
    if (unitsMax === undefined) return { code: 'mandate_not_active', start, end };
    const secondsMin = agreed.collections.has(seq) ? 0n : priceSecondsMin;
    const quoted = await this.#commands.execute(
      new IssueQuote(stepEnvelope(envelope, 'IssueQuote', { seq, token, payer }, process), { seq, token, payer, unitsMax, secondsMin }),
    );
    return quoted.kind === 'rejected' ? rejectionIn(quoted) : seq;
  }
}

type StepRejection = CheckoutRejection | QuoteRejection;

function rejectionIn({ rejection }: Extract<Outcome<StepRejection>, { readonly kind: 'rejected' }>): StepRejection {
  // A step has a key and a body of its own, so no other command can have come before it.
  if (rejection.code === 'idempotency_key_reused' || rejection.code === 'revision_mismatch')
    throw new Error(`A step of a collection was refused: ${rejection.code}.`);
  return rejection;
}
