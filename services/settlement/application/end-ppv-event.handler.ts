import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Outcome } from '../../commands/application/answer.ts';
import { CLOCK, type Clock } from '../../commands/application/clock.ts';
import { CommandExecutor } from '../../commands/application/command-executor.ts';
import type { Envelope } from '../../commands/application/envelope.ts';
import { providerIdOf } from '../domain/chain-number.ts';
import type { DispatchRejection } from '../domain/dispatch.decider.ts';
import type { OrderEvent } from '../domain/dispatch.events.ts';
import { mappedTitle } from '../domain/ppv-event.ts';
import { orderDispatch } from './dispatch-commands.ts';
import { SETTLEMENT_CHAINS, type SettlementChains } from './settlement-chains.ts';
import { ppvEventStream } from './settlement-streams.ts';

/** How the sale of a title on chain ends: the provider takes what the escrow holds, or everybody gets it back. */
export type PpvEventEnd = { readonly title: string; readonly chainId?: string } & (
  { readonly end: 'capture'; readonly tokens: readonly string[] } | { readonly end: 'cancel' }
);

export type EndPpvEventRejection =
  | DispatchRejection
  | { readonly code: 'chain_not_found' }
  | { readonly code: 'escrow_not_available'; readonly chainId: string }
  | { readonly code: 'ppv_event_not_found' }
  | { readonly code: 'capture_too_early'; readonly from: string }
  | { readonly code: 'capture_too_late'; readonly until: string };

export class EndPpvEvent extends Command<Outcome<EndPpvEventRejection>> {
  readonly envelope: Envelope;
  readonly asked: PpvEventEnd;

  constructor(envelope: Envelope, asked: PpvEventEnd) {
    super();
    this.envelope = envelope;
    this.asked = asked;
  }
}

@CommandHandler(EndPpvEvent)
export class EndPpvEventHandler implements ICommandHandler<EndPpvEvent> {
  readonly #executor: CommandExecutor;
  readonly #chains: SettlementChains;
  readonly #clock: Clock;

  constructor(
    @Inject(CommandExecutor) executor: CommandExecutor,
    @Inject(SETTLEMENT_CHAINS) chains: SettlementChains,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#executor = executor;
    this.#chains = chains;
    this.#clock = clock;
  }

  async execute({ envelope, asked }: EndPpvEvent): Promise<Outcome<EndPpvEventRejection>> {
    const event = await this.#orderOf(envelope.provider, asked);
    return 'code' in event ? { kind: 'rejected', rejection: event } : orderDispatch(this.#executor, envelope, event);
  }

  async #orderOf(provider: string, asked: PpvEventEnd): Promise<OrderEvent | EndPpvEventRejection> {
    const { title } = asked;
    const chain = this.#chains.find(asked.chainId);
    if (chain === undefined) return { code: 'chain_not_found' };
    const { chainId, contracts } = chain;
    if (contracts.escrow === undefined) return { code: 'escrow_not_available', chainId };
    const { current } = await this.#executor.current(mappedTitle, ppvEventStream(provider, title), provider);
    if (current === undefined) return { code: 'ppv_event_not_found' };
    const { eventId, captureAfter, reclaimAfter } = current;
    const target = { chainId, contract: contracts.escrow, providerId: providerIdOf(provider), title, eventId };
    if (asked.end === 'cancel') return { type: 'EventCancelOrdered/1', data: target };
    const seconds = BigInt(Date.parse(this.#clock.now())) / 1000n;
    if (seconds < BigInt(captureAfter)) return { code: 'capture_too_early', from: captureAfter };
    if (seconds >= BigInt(reclaimAfter)) return { code: 'capture_too_late', until: reclaimAfter };
    return { type: 'CaptureOrdered/1', data: { ...target, tokens: asked.tokens } };
  }
}
