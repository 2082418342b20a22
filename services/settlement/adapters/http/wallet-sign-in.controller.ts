import { Body, Controller, Headers, Inject, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../../access/adapters/http/principal.decorator.ts';
import { PublicOrigin } from '../../../http/public-origin.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { ProblemResponse } from '../../../http/problem-response.decorator.ts';
import { CheckoutAsks } from '../../application/checkout/checkout-asks.ts';
import { Checkouts } from '../../application/checkout/checkouts.ts';
import { WalletSignIns } from '../../application/mandates/wallet-sign-ins.ts';
import { keyOf } from './checkout.controller.ts';
import { pageLink } from './pay-page.controller.ts';
import { SignatureBody } from './sending.bodies.ts';
import { PendingSignInBody, SignInBody, WalletSessionBody } from './wallet-sign-in.bodies.ts';

/** Signing in with a wallet (EIP-4361), for what it agreed to. A payment needs none. */
@ApiTags('checkout')
@ProblemResponse(400, 'The request is malformed.')
@ProblemResponse(
  403,
  'The signature is not the wallet’s, the nonce is over or used, or it is for another site than this service is reached at.',
)
@ProblemResponse(404, 'There is no such checkout.')
@ProblemResponse(429, 'The checkout asked the chain too often; repeat after the seconds of Retry-After.')
@ProblemResponse(503, 'The ledger or the chain cannot be reached; repeat after the seconds of Retry-After.')
@Public()
@Controller('v1/checkouts/:checkout/sign-ins')
export class WalletSignInController {
  readonly #checkouts: Checkouts;
  readonly #signIns: WalletSignIns;
  readonly #asks: CheckoutAsks;
  readonly #publicOrigin: PublicOrigin;

  constructor(
    @Inject(Checkouts) checkouts: Checkouts,
    @Inject(WalletSignIns) signIns: WalletSignIns,
    @Inject(CheckoutAsks) asks: CheckoutAsks,
    @Inject(PublicOrigin) publicOrigin: PublicOrigin,
  ) {
    [this.#checkouts, this.#signIns, this.#asks, this.#publicOrigin] = [checkouts, signIns, asks, publicOrigin];
  }

  @ApiOperation({ summary: 'Makes what a wallet signs to sign in: good once, for this page, for five minutes.' })
  @ApiHeader({ name: 'Idempotency-Key', required: true, description: 'Chosen by the caller.' })
  @Post()
  @ApiCreatedResponse({ type: PendingSignInBody })
  async begin(
    @Param('checkout') link: string,
    @Headers('idempotency-key') key: string | undefined,
    @Headers('origin') origin: string | undefined,
    @Body() body: SignInBody,
  ): Promise<PendingSignInBody> {
    this.#isAtHome(origin);
    const { chainId } = await this.#placeOf(link);
    const page = { domain: this.#publicOrigin.domain, uri: pageLink(this.#publicOrigin, link) };
    const asked = { link, address: body.address.toLowerCase(), chainId, ...page, key: keyOf(key) };
    const { nonce, message, expiresAt } = await this.#signIns.begin(asked);
    return { nonce, message, expiresAt };
  }

  @ApiOperation({ summary: 'Takes the signature, and answers a token for the mandates of the wallet. A nonce is gone by the first try.' })
  @ApiHeader({ name: 'Idempotency-Key', required: true, description: 'Chosen by the caller.' })
  @Post(':nonce')
  @ApiCreatedResponse({ type: WalletSessionBody })
  async finish(
    @Param('checkout') link: string,
    @Param('nonce') nonce: string,
    @Headers('idempotency-key') key: string | undefined,
    @Headers('origin') origin: string | undefined,
    @Body() { signature }: SignatureBody,
  ): Promise<WalletSessionBody> {
    keyOf(key);
    this.#isAtHome(origin);
    const place = await this.#placeOf(link);
    const session = await this.#signIns.finish({ link, nonce, signature, domain: this.#publicOrigin.domain }, place);
    if (session === 'elsewhere') throw this.#elsewhere();
    if (session === 'refused') throw new ProblemError('sign_in_refused');
    return { token: session.token, expiresAt: new Date(session.until * 1000).toISOString() };
  }

  /** A browser says by itself which site a POST comes from: whoever opened the page under another name is told the right one before signing. */
  #isAtHome(origin: string | undefined): void {
    if (origin !== undefined && origin !== this.#publicOrigin.origin) throw this.#elsewhere();
  }

  #elsewhere(): ProblemError {
    return new ProblemError('sign_in_elsewhere', { origin: this.#publicOrigin.origin });
  }

  async #placeOf(link: string) {
    const slot = this.#checkouts.slotOf(link);
    const place = slot === undefined ? undefined : (await this.#checkouts.owner(slot))?.place;
    if (slot === undefined || place === undefined) throw new ProblemError('checkout_not_found');
    // A row is written, or the code of a wallet is asked: by whoever has the link.
    this.#asks.take(slot, 'wallet');
    return place;
  }
}
