import type { Clock } from '../../../commands/application/clock.ts';
import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { envelopeOf } from '../../../commands/application/envelope.ts';
import { type ChainLog, settlementId } from '../../domain/chain-effect.ts';
import { providerIdOf } from '../../domain/chain-number.ts';
import { dispatchIdOf, type RefundClaimOrdered } from '../../domain/dispatch.events.ts';
import { type Dispatch, dispatch } from '../../domain/dispatch.ts';
import { refundClaims } from '../../domain/refund-claims.ts';
import { settlement } from '../../domain/settlement.ts';
import { orderDispatch } from '../sending/dispatch-commands.ts';
import { forEachDue } from '../due-round.ts';
import type { EscrowPurchases } from './escrow-purchases.ts';
import { dispatchStream } from '../sending/sending-streams.ts';
import { settlementStream } from '../settlement-streams.ts';

/** An event that is open on chain, neither captured nor cancelled, and holds something. */
export interface OpenEscrow {
  readonly provider: string;
  readonly chainId: string;
  readonly contract: string;
  readonly eventId: string;
  /** So many purchases are final and were not paid back. */
  readonly held: number;
}

/** Finds what may have to be looked at, by everything that is in the log when it is asked. What is done follows from the streams. */
export interface OpenEscrows {
  /** Of all providers. */
  openEscrows(): Promise<readonly OpenEscrow[]>;
}

/** The provider may take what an escrow holds, and has not. */
export interface UncapturedNotice {
  readonly provider: string;
  readonly chainId: string;
  readonly eventId: string;
  readonly held: number;
  /** ISO text: from then on it goes back to who paid it. */
  readonly until: string;
}

export interface EscrowReclaimsOptions {
  readonly executor: CommandExecutor;
  readonly open: OpenEscrows;
  readonly purchases: Pick<EscrowPurchases, 'boughtIn'>;
  readonly clock: Clock;
  /** On which something is sent; events on others wait. */
  readonly chainIds: readonly string[];
  /** Tells somebody, once a day for each event; never throws. */
  readonly onUncaptured: (notice: UncapturedNotice) => void;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;

/**
 * Looks after what escrows hold for events that are over. While the provider may take it, somebody is told; once nobody may any more it is
 * brought back to who paid it. Anybody may do that, and without us nobody would. The ledger learns of it as of any purchase that goes back.
 */
export class EscrowReclaims {
  readonly #options: EscrowReclaimsOptions;
  readonly #toldAt = new Map<string, number>();

  constructor(options: EscrowReclaimsOptions) {
    this.#options = options;
  }

  /** Everything once. Safe to repeat. */
  async round(): Promise<void> {
    const { open, chainIds } = this.#options;
    const due = (await open.openEscrows()).filter(({ chainId }) => chainIds.includes(chainId));
    await forEachDue(due, { look: (event) => this.#look(event), failed: 'escrows could not be looked after' });
  }

  async #look(event: OpenEscrow): Promise<void> {
    const opened = await this.#opened(event);
    if (opened === undefined) return;
    const [captureAfter, reclaimAfter] = [opened.captureAfter, opened.reclaimAfter].map((seconds) => Number(seconds) * 1_000) as [
      number,
      number,
    ];
    const now = Date.parse(this.#options.clock.now());
    if (now < captureAfter) return;
    if (now < reclaimAfter) return this.#tell(event, now, new Date(reclaimAfter).toISOString());
    await this.#claim(event, now - reclaimAfter);
  }

  /** The times that the contract holds itself to. */
  async #opened({
    provider,
    chainId,
    contract,
    eventId,
  }: OpenEscrow): Promise<Extract<ChainLog, { readonly name: 'EventOpened' }> | undefined> {
    const stream = settlementStream(provider, settlementId({ chainId, contract, effect: 'open', key: eventId }));
    const state = await this.#options.executor.current(settlement, stream, provider);
    return state.status === 'finalized' && state.seen.log.name === 'EventOpened' ? state.seen.log : undefined;
  }

  #tell({ provider, chainId, contract, eventId, held }: OpenEscrow, now: number, until: string): void {
    const key = `${chainId} ${contract} ${eventId} ${provider}`;
    if (now - (this.#toldAt.get(key) ?? -dayMs) < dayMs) return;
    this.#toldAt.set(key, now);
    this.#options.onUncaptured({ provider, chainId, eventId, held, until });
  }

  /** Nothing is bought any more since long before: whoever computes the orders again comes to the same. */
  async #claim({ provider, chainId, contract, eventId }: OpenEscrow, overdueMs: number): Promise<void> {
    const { purchases } = this.#options;
    const bought = await purchases.boughtIn(provider, { chainId, contract, eventId });
    for (const data of refundClaims({ chainId, contract, providerId: providerIdOf(provider), eventId }, bought))
      await this.#order(provider, data, overdueMs);
  }

  async #order(provider: string, data: RefundClaimOrdered, overdueMs: number): Promise<void> {
    const { executor } = this.#options;
    const event = { type: 'RefundClaimOrdered/1', data } as const;
    const id = dispatchIdOf(event);
    const state = await executor.current(dispatch, dispatchStream(provider, id), provider);
    if (!isDue(state, overdueMs)) return;
    const envelope = envelopeOf({
      ...{ provider, actor: { id: 'process:escrow-reclaims', type: 'process' }, command: 'ReclaimEscrow', body: data },
      key: `${id}:${state.status === 'none' ? 'first' : state.revision}`,
    });
    // What another copy ordered in between is under way, and that is all that is wanted.
    await orderDispatch(executor, envelope, event);
  }
}

/**
 * What failed is tried again at 1, 3, 7, 15, ... hours behind the time: how often it was tried is the number of orders in the dispatch, so a
 * restart neither forgets a trial nor adds one.
 */
function isDue(state: Dispatch, overdueMs: number): boolean {
  if (state.status === 'none') return true;
  if (state.status !== 'failed' || state.failure.code === 'nothing_left') return false;
  const trials = Number(state.orderedAt / 2n) + 1;
  return overdueMs >= (2 ** trials - 1) * hourMs;
}
