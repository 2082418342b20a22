import { secondsAt } from '../../domain/chain-time.ts';
import { Body, Controller, Get, Headers, Inject, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../../access/adapters/http/principal.decorator.ts';
import { WalletSessions } from '../../../access/application/wallet-sessions.ts';
import type { Outcome } from '../../../commands/application/answer.ts';
import { CLOCK, type Clock } from '../../../commands/application/clock.ts';
import { type Envelope, envelopeOf } from '../../../commands/application/envelope.ts';
import type { Rejection } from '../../../commands/domain/decision.ts';
import { bearerToken } from '../../../http/bearer-token.ts';
import type { ProblemCode } from '../../../http/problem-catalog.ts';
import { PublicOrigin } from '../../../http/public-origin.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { ProblemResponse } from '../../../http/problem-response.decorator.ts';
import { moneyOf } from '../../../money/money.ts';
import { NoteMandate, SignMandate } from '../../application/mandates/agree-mandate.handlers.ts';
import { CheckoutAsks } from '../../application/checkout/checkout-asks.ts';
import { Checkouts } from '../../application/checkout/checkouts.ts';
import { CollectInvoice } from '../../application/mandates/collect-invoice.handler.ts';
import { MANDATE_DESK, type MandateDesk } from '../../application/mandates/mandate-desk.ts';
import { MandatePlaces } from '../../application/mandates/mandate-places.ts';
import { OfferMandate } from '../../application/mandates/mandate.handlers.ts';
import { SETTLEMENT_CHAINS, type SettlementChains } from '../../application/settlement-chains.ts';
import { type MandateHolder, WalletMandates } from '../../application/mandates/wallet-mandates.ts';
import { mandateOffer } from '../../domain/mandate-offer.ts';
import type { SlotOpened } from '../../domain/slot.events.ts';
import { tokenUnits } from '../../domain/token-amount.ts';
import { keyOf } from './checkout.controller.ts';
import { SignatureBody } from './sending.bodies.ts';
import { WalletMandateBody, WalletMandateOfferBody, WalletMandatesBody } from './wallet-mandates.bodies.ts';
import { walletMandateBody } from './wallet-mandate-body.ts';

/** Who has signed in, and what the link is of. */
interface Holder extends MandateHolder {
  readonly opened: SlotOpened;
  readonly chainId: string;
}

/** A request of a wallet that has signed in. */
interface FromWallet {
  readonly link: string;
  readonly authorization: string | undefined;
  readonly key?: string | undefined;
}

const daySeconds = 86_400n;
const Key = () => ApiHeader({ name: 'Idempotency-Key', required: true, description: 'Chosen by the caller.' });

/** The mandates of a wallet that has signed in (`sign-ins`): set up, agreed to, used and ended by itself, for the account of the link. */
@ApiTags('checkout')
@ApiBearerAuth()
@ProblemResponse(400, 'The request is malformed.')
@ProblemResponse(401, 'No wallet has signed in.')
@ProblemResponse(404, 'There is no such checkout, or no such mandate of this wallet.')
@ProblemResponse(409, 'The state does not allow it.')
@ProblemResponse(429, 'The checkout asked the chain too often, or payers made us spend as much for gas as a day allows.')
@ProblemResponse(503, 'The ledger or the chain cannot be reached; repeat after the seconds of Retry-After.')
@Public()
@Controller('v1/checkouts/:checkout/mandates')
export class WalletMandatesController {
  readonly #commands: CommandBus;
  readonly #checkouts: Checkouts;
  readonly #mandates: WalletMandates;
  readonly #sessions: WalletSessions;
  readonly #chains: SettlementChains;
  readonly #desk: MandateDesk;
  readonly #clock: Clock;
  readonly #asks: CheckoutAsks;
  readonly #publicOrigin: PublicOrigin;
  readonly #places: MandatePlaces;

  constructor(
    @Inject(CommandBus) commands: CommandBus,
    @Inject(Checkouts) checkouts: Checkouts,
    @Inject(WalletMandates) mandates: WalletMandates,
    @Inject(WalletSessions) sessions: WalletSessions,
    @Inject(SETTLEMENT_CHAINS) chains: SettlementChains,
    @Inject(MANDATE_DESK) desk: MandateDesk,
    @Inject(CLOCK) clock: Clock,
    @Inject(CheckoutAsks) asks: CheckoutAsks,
    @Inject(PublicOrigin) publicOrigin: PublicOrigin,
    @Inject(MandatePlaces) places: MandatePlaces,
  ) {
    [this.#publicOrigin, this.#places] = [publicOrigin, places];
    [this.#commands, this.#checkouts, this.#mandates, this.#sessions] = [commands, checkouts, mandates, sessions];
    [this.#chains, this.#desk, this.#clock, this.#asks] = [chains, desk, clock, asks];
  }

  @ApiOperation({ summary: 'Lists what the wallet has agreed to for the account, with its caps and what was collected.' })
  @Get()
  @ApiOkResponse({ type: WalletMandatesBody })
  async list(@Param('checkout') link: string, @Headers('authorization') authorization: string | undefined): Promise<WalletMandatesBody> {
    const found = await this.#mandates.of(await this.#holder({ link, authorization }));
    return { mandates: found.map((each) => walletMandateBody(each, this.#desk)) };
  }

  @ApiOperation({ summary: 'Prepares a mandate from now on for the wallet to agree to.' })
  @Key()
  @Post()
  @ApiCreatedResponse({ type: WalletMandateBody })
  async offer(
    @Param('checkout') link: string,
    @Headers('authorization') authorization: string | undefined,
    @Headers('idempotency-key') key: string | undefined,
    @Body() body: WalletMandateOfferBody,
  ): Promise<WalletMandateBody> {
    const holder = await this.#holder({ link, authorization });
    const { token, maxPerPeriod, currency, periodDays, periods } = body;
    const envelope = envelopeFor(holder, { key, command: 'OfferMandate', body: { token, maxPerPeriod, currency, periodDays, periods } });
    const offeredFrom = (start: bigint) => this.#offerOf(holder, body, { commandId: envelope.commandId, start });
    const place = await this.#places.take(envelope, offeredFrom(secondsAt(this.#clock.now())));
    if ('code' in place) throw refused(place);
    // A repeat is the same mandate, whenever it comes: from the moment on that the first one named.
    const offered = offeredFrom(BigInt(place.start));
    if (offered.mandate !== place.mandate) throw new ProblemError('idempotency_key_reused', { commandId: envelope.commandId });
    accepted(await this.#commands.execute(new OfferMandate(envelope, offered)));
    return this.#shown(holder, offered.mandate);
  }

  @ApiOperation({ summary: "Takes the wallet's signature of a mandate." })
  @Key()
  @Post(':mandate/signature')
  @ApiCreatedResponse({ type: WalletMandateBody })
  agree(
    @Param('checkout') link: string,
    @Param('mandate') id: string,
    @Headers('authorization') authorization: string | undefined,
    @Headers('idempotency-key') key: string | undefined,
    @Body() { signature }: SignatureBody,
  ): Promise<WalletMandateBody> {
    return this.#signed({ link, authorization, key }, id, { signature, revoke: false });
  }

  @ApiOperation({ summary: "Ends a mandate by the wallet's signature, and brings that to the contract." })
  @Key()
  @Post(':mandate/revocation')
  @ApiCreatedResponse({ type: WalletMandateBody })
  end(
    @Param('checkout') link: string,
    @Param('mandate') id: string,
    @Headers('authorization') authorization: string | undefined,
    @Headers('idempotency-key') key: string | undefined,
    @Body() { signature }: SignatureBody,
  ): Promise<WalletMandateBody> {
    return this.#signed({ link, authorization, key }, id, { signature, revoke: true });
  }

  @ApiOperation({ summary: 'Looks on the chain whether the wallet has approved or ended the mandate by a transaction.' })
  @Key()
  @Post(':mandate/approval')
  @ApiCreatedResponse({ type: WalletMandateBody })
  async look(
    @Param('checkout') link: string,
    @Param('mandate') id: string,
    @Headers('authorization') authorization: string | undefined,
    @Headers('idempotency-key') key: string | undefined,
  ): Promise<WalletMandateBody> {
    const holder = await this.#holder({ link, authorization });
    await this.#shown(holder, id);
    const envelope = envelopeFor(holder, { key, command: 'NoteMandate', body: { mandate: id } });
    accepted(await this.#commands.execute(new NoteMandate(envelope, { mandate: id })));
    return this.#shown(holder, id);
  }

  @ApiOperation({ summary: 'Collects the invoice of the checkout under the mandate: a payment that needs nothing more of the wallet.' })
  @Key()
  @Post(':mandate/collection')
  @ApiCreatedResponse({ type: WalletMandateBody })
  async collect(
    @Param('checkout') link: string,
    @Param('mandate') id: string,
    @Headers('authorization') authorization: string | undefined,
    @Headers('idempotency-key') key: string | undefined,
  ): Promise<WalletMandateBody> {
    const holder = await this.#holder({ link, authorization });
    await this.#shown(holder, id);
    const { purpose } = holder.opened;
    if (purpose.kind !== 'invoice') throw new ProblemError('slot_not_found');
    const asked = { invoice: purpose.invoice, mandate: id };
    const envelope = envelopeFor(holder, { key, command: 'CollectInvoice', body: asked });
    accepted(await this.#commands.execute(new CollectInvoice(envelope, { ...asked, byPayer: true })));
    return this.#shown(holder, id);
  }

  async #signed(from: FromWallet, id: string, given: { readonly signature: string; readonly revoke: boolean }): Promise<WalletMandateBody> {
    const holder = await this.#holder(from);
    await this.#shown(holder, id);
    const data = { mandate: id, ...given };
    const envelope = envelopeFor(holder, { key: from.key, command: 'SignMandate', body: data });
    accepted(await this.#commands.execute(new SignMandate(envelope, data)));
    return this.#shown(holder, id);
  }

  /** A session is of one link; whoever brings none, or one that is over, has to sign in. */
  async #holder({ link, authorization }: FromWallet): Promise<Holder> {
    const slot = this.#checkouts.slotOf(link);
    const owner = slot === undefined ? undefined : await this.#checkouts.owner(slot);
    if (slot === undefined || owner === undefined) throw new ProblemError('checkout_not_found');
    const { domain } = this.#publicOrigin;
    const session = this.#sessions.open(bearerToken(authorization), { link, domain, now: this.#clock.now() });
    if (session === undefined) throw new ProblemError('wallet_not_signed_in', {}, { 'www-authenticate': 'Bearer' });
    this.#asks.take(slot, 'wallet');
    const { opened, place } = owner;
    return { provider: slot.provider, account: opened.account, payer: session.address, opened, chainId: place.chainId };
  }

  async #shown(holder: MandateHolder, id: string): Promise<WalletMandateBody> {
    const found = /^0x[0-9a-f]{64}$/.test(id) ? await this.#mandates.find(holder, id) : undefined;
    if (found === undefined) throw new ProblemError('mandate_not_found');
    return walletMandateBody(found, this.#desk);
  }

  #offerOf(
    { provider, account, payer, chainId }: Holder,
    body: WalletMandateOfferBody,
    { commandId, start }: { readonly commandId: string; readonly start: bigint },
  ) {
    const chain = this.#chains.find(chainId);
    if (chain === undefined) throw new ProblemError('chain_not_found');
    const token = chain.tokens.find(({ address }) => address === body.token.toLowerCase());
    if (token?.currency !== body.currency) throw new ProblemError('token_not_taken', { token: body.token });
    const units = tokenUnits(moneyOf(body.maxPerPeriod, body.currency), token);
    if (units === undefined) throw new ProblemError('mandate_malformed', { field: 'maxPerPeriod' });
    const [period, periods] = [BigInt(body.periodDays) * daySeconds, BigInt(body.periods)];
    const caps = { payer, maxPerPeriod: units, totalCap: units * periods, period, start, end: start + period * periods };
    const text = Object.fromEntries(Object.entries(caps).map(([name, value]) => [name, value.toString()]));
    return mandateOffer({
      ...{ provider, account, token, commandId, byPayer: true, place: { chainId, contract: chain.contracts.settlement } },
      caps: text as Record<keyof typeof caps, string>,
    });
  }
}

function envelopeFor(
  { provider, payer }: MandateHolder,
  { key, command, body }: { readonly key: string | undefined; readonly command: string; readonly body: Record<string, string | boolean> },
): Envelope {
  return envelopeOf({ provider, actor: { id: `wallet:${payer}`, type: 'process' }, key: keyOf(key), command, body });
}

function accepted(outcome: Outcome<Rejection & { readonly code: ProblemCode }>): void {
  if (outcome.kind === 'rejected') throw refused(outcome.rejection);
}

function refused({ code, ...params }: Rejection & { readonly code: ProblemCode }): ProblemError {
  return new ProblemError(code, params, code === 'spending_limit' ? { 'retry-after': '3600' } : {});
}
