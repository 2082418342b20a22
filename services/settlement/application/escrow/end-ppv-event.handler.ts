import { secondsAt } from '../../domain/chain-time.ts';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Outcome } from '../../../commands/application/answer.ts';
import { CLOCK, type Clock } from '../../../commands/application/clock.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { type Envelope, envelopeOf } from '../../../commands/application/envelope.ts';
import { providerIdOf } from '../../domain/chain-number.ts';
import type { DispatchRejection } from '../../domain/dispatch.decider.ts';
import type { OrderEvent } from '../../domain/dispatch.events.ts';
import { type MappedEvent, mappedTitle } from '../../domain/ppv-event.ts';
import { orderDispatch } from '../sending/dispatch-commands.ts';
import { ESCROW_PURCHASES, type EscrowedEvent, type EscrowPurchases } from './escrow-purchases.ts';
import { SETTLEMENT_CHAINS, type SettlementChains } from '../settlement-chains.ts';
import { ppvEventStream } from '../settlement-streams.ts';

/**
 * How the sale of a title on chain ends: the provider takes what the escrow holds, or everybody gets it back. Without `eventId` it ends for
 * everybody who bought, whatever terms the title was sold under.
 */
export type PpvEventEnd = { readonly title: string; readonly chainId?: string; readonly eventId?: string } & (
  { readonly end: 'capture'; readonly tokens: readonly string[] } | { readonly end: 'cancel' }
);

export type EndPpvEventRejection =
  | DispatchRejection
  | { readonly code: 'chain_not_found' }
  | { readonly code: 'escrow_not_available'; readonly chainId: string }
  | { readonly code: 'ppv_event_not_found' }
  | { readonly code: 'capture_too_early'; readonly from: string }
  | { readonly code: 'capture_too_late'; readonly until: string }
  /** Of several events of the title, none holds anything in the tokens that were named. */
  | { readonly code: 'nothing_held'; readonly tokens: readonly string[] };

export class EndPpvEvent extends Command<Outcome<EndPpvEventRejection>> {
  readonly envelope: Envelope;
  readonly asked: PpvEventEnd;

  constructor(envelope: Envelope, asked: PpvEventEnd) {
    super();
    this.envelope = envelope;
    this.asked = asked;
  }
}

type Orders = readonly [EndOrder, ...EndOrder[]];
type EndOrder = Extract<OrderEvent, { readonly type: 'CaptureOrdered/1' | 'EventCancelOrdered/1' }>;
type Capture = PpvEventEnd & { readonly end: 'capture' };
type Escrow = { readonly chainId: string; readonly contract: string };

@CommandHandler(EndPpvEvent)
export class EndPpvEventHandler implements ICommandHandler<EndPpvEvent> {
  readonly #executor: CommandExecutor;
  readonly #chains: SettlementChains;
  readonly #purchases: EscrowPurchases;
  readonly #clock: Clock;

  constructor(
    @Inject(CommandExecutor) executor: CommandExecutor,
    @Inject(SETTLEMENT_CHAINS) chains: SettlementChains,
    @Inject(ESCROW_PURCHASES) purchases: EscrowPurchases,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#executor = executor;
    this.#chains = chains;
    this.#purchases = purchases;
    this.#clock = clock;
  }

  /** Each event has a stream of its own. What stands in the way of one of them keeps none of the others from its end. */
  async execute({ envelope, asked }: EndPpvEvent): Promise<Outcome<EndPpvEventRejection>> {
    const orders = await this.#ordersOf(envelope.provider, asked);
    if ('code' in orders) return { kind: 'rejected', rejection: orders };
    const [first, ...others] = orders;
    if (others.length === 0) return orderDispatch(this.#executor, envelope, first);
    const partly = (order: EndOrder) => orderDispatch(this.#executor, partOf(envelope, order.data.eventId), order);
    let outcome = await partly(first);
    for (const each of others) {
      const next = await partly(each);
      if (outcome.kind === 'rejected') outcome = next;
    }
    return outcome;
  }

  async #ordersOf(provider: string, asked: PpvEventEnd): Promise<Orders | EndPpvEventRejection> {
    const { title, eventId } = asked;
    const chain = this.#chains.find(asked.chainId);
    if (chain === undefined) return { code: 'chain_not_found' };
    const { chainId, contracts } = chain;
    if (contracts.escrow === undefined) return { code: 'escrow_not_available', chainId };
    const mapped = await this.#executor.current(mappedTitle, ppvEventStream(provider, title), provider);
    const events = mapped.events.filter((event) => eventId === undefined || event.eventId === eventId);
    if (!isSome(events)) return { code: 'ppv_event_not_found' };
    const escrow = { chainId, contract: contracts.escrow };
    if (asked.end === 'capture') return this.#captures(provider, asked, { events, escrow });
    return eachOf(events, (event) => ({ type: 'EventCancelOrdered/1', data: targetOf(provider, event, escrow) }));
  }

  /** The money of an event can be taken for a time only, and each has its own. */
  async #captures(
    provider: string,
    { tokens }: Capture,
    { events, escrow }: { readonly events: Some<MappedEvent>; readonly escrow: Escrow },
  ): Promise<Orders | EndPpvEventRejection> {
    const seconds = secondsAt(this.#clock.now());
    const due = events.filter(({ captureAfter, reclaimAfter }) => seconds >= BigInt(captureAfter) && seconds < BigInt(reclaimAfter));
    if (!isSome(due)) return notDue(events, seconds);
    const capture = (event: MappedEvent, held: readonly string[]): EndOrder => {
      return { type: 'CaptureOrdered/1', data: { ...targetOf(provider, event, escrow), tokens: held } };
    };
    if (due.length === 1) return [capture(due[0], tokens)];
    const orders: EndOrder[] = [];
    for (const event of due) {
      const held = await this.#held(provider, { ...escrow, eventId: event.eventId }, tokens);
      if (held.length > 0) orders.push(capture(event, held));
    }
    return isSome(orders) ? orders : { code: 'nothing_held', tokens };
  }

  /** The contract refuses a capture whole for one token that it holds nothing in, and not every event was bought with every token. */
  async #held(provider: string, event: EscrowedEvent, tokens: readonly string[]): Promise<readonly string[]> {
    const held: string[] = [];
    for (const token of tokens) if ((await this.#purchases.slotsOf(provider, { ...event, token })).length > 0) held.push(token);
    return held;
  }
}

type Some<Item> = readonly [Item, ...Item[]];

function isSome<Item>(items: readonly Item[]): items is Some<Item> {
  return items.length > 0;
}

function eachOf<Item, Made>([first, ...others]: Some<Item>, make: (item: Item) => Made): Some<Made> {
  return [make(first), ...others.map((item) => make(item))];
}

function targetOf(provider: string, { title, eventId }: MappedEvent, escrow: Escrow) {
  return { ...escrow, providerId: providerIdOf(provider), title, eventId };
}

/** When the next of them can be taken, or until when the last could. */
function notDue(events: Some<MappedEvent>, seconds: bigint): EndPpvEventRejection {
  const [first, ...others] = events.map(({ captureAfter }) => BigInt(captureAfter)).filter((from) => seconds < from);
  if (first === undefined) {
    const [until, ...more] = eachOf(events, ({ reclaimAfter }) => BigInt(reclaimAfter));
    return { code: 'capture_too_late', until: more.reduce((latest, each) => (each > latest ? each : latest), until).toString() };
  }
  return { code: 'capture_too_early', from: others.reduce((next, each) => (each < next ? each : next), first).toString() };
}

/** One of several orders that a command makes. With another body the same key is refused here, too. */
function partOf(cause: Envelope, eventId: string): Envelope {
  const { provider, actor, commandId, correlationId, fingerprint } = cause;
  const key = `EndPpvEvent:${commandId}:${eventId}`;
  return envelopeOf({ provider, actor, key, command: 'EndPpvEvent', body: { fingerprint }, causationId: commandId, correlationId });
}
