import { secondsAt } from '../../domain/chain-time.ts';
import type { Clock } from '../../../commands/application/clock.ts';
import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import { collectionDispatchId } from '../../domain/dispatch.events.ts';
import { dispatch } from '../../domain/dispatch.ts';
import { mandatePlaces, type PlaceRejection, takePlace } from '../../domain/mandate-places.ts';
import type { MandatePlaceTaken } from '../../domain/mandate-places.events.ts';
import { hasLapsed, isOfferOver, lapseMandate, type MandateRejection, offerMandate } from '../../domain/mandate.decider.ts';
import type { MandateOffered } from '../../domain/mandate.events.ts';
import { type AgreedMandate, mandate } from '../../domain/mandate.ts';
import { dispatchStream, mandatePlacesStream, mandateStream } from '../sending/sending-streams.ts';
import { stepEnvelope } from '../step-envelope.ts';

const process = 'mandate-places';

export interface MandatePlacesOptions {
  readonly executor: CommandExecutor;
  readonly clock: Clock;
}

/**
 * The places of an account for mandates that wallets set up at its links. One is taken before the mandate is offered, in one stream for all who ask at
 * once. Nothing follows the ends of mandates: where there is no place left, the mandates of those that are taken are looked at, each in its own stream.
 */
export class MandatePlaces {
  readonly #options: MandatePlacesOptions;

  constructor(options: MandatePlacesOptions) {
    this.#options = options;
  }

  /**
   * The place of the command, durable when it is answered. A repeat gets the one that the command has, with the start that it named first. A crash before the
   * offer leaves it taken for the repeat; for what is malformed none is taken.
   */
  async take(envelope: Envelope, offered: MandateOffered): Promise<MandatePlaceTaken | PlaceRejection | MandateRejection> {
    const malformed = offerMandate(mandate.initial, offered, this.#options.clock.now());
    if (malformed.kind === 'rejected') return malformed.rejection;
    const { account, mandate: id, terms } = offered;
    const place = { account, payer: terms.payer, mandate: id, start: terms.start };
    const taken = await this.#take(envelope, place, new Set());
    return 'code' in taken ? this.#take(envelope, place, await this.#over(envelope, account)) : taken;
  }

  async #take(envelope: Envelope, place: MandatePlaceTaken, over: ReadonlySet<string>): Promise<MandatePlaceTaken | PlaceRejection> {
    const { account, payer } = place;
    const outcome = await this.#options.executor.execute({
      ...{ aggregate: mandatePlaces, stream: mandatePlacesStream(envelope.provider, account) },
      envelope: stepEnvelope(envelope, 'TakeMandatePlace', { account, payer }, process),
      decide: (state) => takePlace(state, place, over),
    });
    if (outcome.kind === 'accepted') return outcome.answer.events[0]?.data as MandatePlaceTaken;
    const { rejection } = outcome;
    if (rejection.code === 'mandates_too_many') return rejection;
    // A step has a key and a body of its own, so no other command can have come before it.
    throw new Error(`A step of an offer was refused: ${rejection.code}.`);
  }

  /** What is over stays so: a place may be freed by it at any later moment. */
  async #over(envelope: Envelope, account: string): Promise<ReadonlySet<string>> {
    const { executor } = this.#options;
    const { taken } = await executor.current(mandatePlaces, mandatePlacesStream(envelope.provider, account), envelope.provider);
    const over = new Set<string>();
    for (const [id, { start }] of taken) if (await this.#isOver(envelope, id, start)) over.add(id);
    return over;
  }

  async #isOver(envelope: Envelope, id: string, start: string): Promise<boolean> {
    const { executor, clock } = this.#options;
    const { provider } = envelope;
    const [stream, now] = [mandateStream(provider, id), clock.now()];
    const found = await executor.current(mandate, stream, provider);
    // Never written down, by a crash: its command cannot write it any more.
    if (found.status === 'none') return isOfferOver(start, now);
    if (secondsAt(now) >= BigInt(found.offered.terms.end)) return true;
    if (found.status === 'agreed' && (await this.#isUsedUp(provider, found))) return true;
    if (!hasLapsed(found, now)) return found.status === 'revoked';
    const step = stepEnvelope(envelope, 'LapseMandate', { mandate: id }, process);
    await executor.execute({ aggregate: mandate, stream, envelope: step, decide: lapseMandate });
    // Somebody may have agreed to it in between.
    return (await executor.current(mandate, stream, provider)).status === 'revoked';
  }

  /** The total was taken, and the chain has all of it. */
  async #isUsedUp(provider: string, { offered, collections }: AgreedMandate): Promise<boolean> {
    const decided = [...collections.values()].reduce((sum, each) => sum + BigInt(each.decided.tokenUnits), 0n);
    if (decided < BigInt(offered.terms.totalCap)) return false;
    for (const slot of collections.keys()) {
      const sent = await this.#options.executor.current(dispatch, dispatchStream(provider, collectionDispatchId(slot)), provider);
      if (sent.status !== 'done') return false;
    }
    return true;
  }
}
