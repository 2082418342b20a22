import { Body, Controller, Get, Inject, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Principal } from '../../../access/adapters/http/principal.decorator.ts';
import type { Principal as PrincipalOf } from '../../../access/application/principal.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { answerCommand, CommandAnswerBody } from '../../../http/command-answer.ts';
import { Asked, type CommandRequest } from '../../../http/command-request.ts';
import { CommandRoute } from '../../../http/command-route.decorator.ts';
import { amountText, moneyOf } from '../../../money/money.ts';
import { ConfigureSettlement } from '../../application/configure-settlement.handler.ts';
import { PublishTerms } from '../../application/terms/publish-terms.handler.ts';
import { QUOTE_SIGNER, type QuoteSigner } from '../../application/quoting/quote-signer.ts';
import { SetRate } from '../../application/quoting/set-rate.handler.ts';
import { SENDER_KEYS, type SenderKeys, type SenderRole } from '../../application/sending/sender-keys.ts';
import { SETTLEMENT_CHAINS, type SettlementChains } from '../../application/settlement-chains.ts';
import { settlementProviderStream } from '../../application/settlement-streams.ts';
import { providerIdOf } from '../../domain/chain-number.ts';
import { bookCurrencyOf, settlementProvider } from '../../domain/settlement-provider.ts';
import { noTerms, termsHashOf } from '../../domain/terms.ts';
import type { TermsDocument } from '../../domain/terms.events.ts';
import { ConfigureSettlementBody, RateBody, SettlementBody, TermsBody } from './settlement.bodies.ts';

/** Tokens whose price hardly moves in a day. */
const stableTokens = ['USDC'];

/** How a provider takes payments on chain: who it is, what it asks for tokens, and what its customers agree to. */
@CommandRoute('settlement')
@Controller('v1')
export class SettlementController {
  readonly #commands: CommandBus;
  readonly #executor: CommandExecutor;
  readonly #chains: SettlementChains;
  readonly #signer: QuoteSigner;
  readonly #senders: SenderKeys;

  constructor(
    @Inject(CommandBus) commands: CommandBus,
    @Inject(CommandExecutor) executor: CommandExecutor,
    @Inject(SETTLEMENT_CHAINS) chains: SettlementChains,
    @Inject(QUOTE_SIGNER) signer: QuoteSigner,
    @Inject(SENDER_KEYS) senders: SenderKeys,
  ) {
    this.#commands = commands;
    this.#executor = executor;
    this.#chains = chains;
    this.#signer = signer;
    this.#senders = senders;
  }

  @ApiOperation({ summary: 'Makes the provider one that is paid on chain, or changes what payers are told of it.' })
  @Post('settlement')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async configure(
    @Asked() asked: CommandRequest,
    @Body() body: ConfigureSettlementBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const { legalName, terms = noTerms, bookCurrency } = body;
    const profile = { legalName, termsHash: terms, ...(bookCurrency !== undefined && { bookCurrency }) };
    const outcome = await this.#commands.execute(new ConfigureSettlement(asked.envelope('ConfigureSettlement', body), profile));
    return answerCommand(reply, outcome, { id: providerIdOf(asked.provider), location: '/v1/settlement' });
  }

  @ApiOperation({
    summary:
      "Shows the provider's number on chain, the contracts and tokens of every chain, and the keys that sign quotes, pay back, collect, give out credit and relay.",
  })
  @Get('settlement')
  @ApiOkResponse({ type: SettlementBody })
  async show(@Principal() { provider }: PrincipalOf): Promise<SettlementBody> {
    const state = await this.#executor.current(settlementProvider, settlementProviderStream(provider), provider);
    const profile = state.status === 'none' ? undefined : state.profile;
    const chains = this.#chains.all().map(async ({ chainId, contracts, tokens }) => ({
      ...{ chainId, contracts: { ...contracts }, tokens },
      signer: await this.#signer.addressOf(provider, chainId),
      refunder: await this.#addressOf('refunder', provider, chainId),
      collector: await this.#addressOf('collector', provider, chainId),
      minter: await this.#addressOf('minter', provider, chainId),
      relayer: await this.#addressOf('relayer', provider, chainId),
    }));
    return {
      providerId: providerIdOf(provider),
      bookCurrency: bookCurrencyOf(state),
      ...(profile !== undefined && { legalName: profile.legalName }),
      ...(profile !== undefined && profile.termsHash !== noTerms && { terms: profile.termsHash }),
      chains: await Promise.all(chains),
    };
  }

  async #addressOf(role: SenderRole, provider: string, chainId: string): Promise<string> {
    return (await this.#senders.signerOf(role, provider, chainId)).address.toLowerCase();
  }

  @ApiOperation({ summary: 'Says what a token is worth. Quotes lock the last rate for as long as it may be used.' })
  @Post('settlement/rates')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async rate(
    @Asked() asked: CommandRequest,
    @Body() body: RateBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const { base, currency, rate, source, at, spreadBps } = body;
    const isStable = stableTokens.includes(base);
    const { ageSecondsMax = isStable ? '86400' : '600', quoteSeconds = isStable ? '1800' : '600' } = body;
    const set = { base, currency, rate, source, at, spreadBps, ageSecondsMax, quoteSeconds };
    const outcome = await this.#commands.execute(new SetRate(asked.envelope('SetRate', body), set));
    return answerCommand(reply, outcome, { id: `${base}.${currency}` });
  }

  @ApiOperation({ summary: 'Publishes terms of an offer. Their hash stands in the log, and in what payers sign.' })
  @Post('terms')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async publish(
    @Asked() asked: CommandRequest,
    @Body() body: TermsBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const document = documentOf(asked.provider, body);
    const outcome = await this.#commands.execute(new PublishTerms(asked.envelope('PublishTerms', body), document));
    const hash = termsHashOf(document);
    return answerCommand(reply, outcome, { id: hash, location: `/v1/logs/${asked.provider}/terms/${hash}` });
  }
}

function documentOf(
  provider: string,
  { offer, version, replaces, price, priceBooks, slaCredits, escrow, credit, refunds }: TermsBody,
): TermsDocument {
  return {
    ...{ format: 'tallyroot-terms/1', provider, offer, version, refunds },
    ...(replaces !== undefined && { replaces }),
    price: { amount: amountText(moneyOf(price.amount, price.currency)), currency: price.currency, cycle: price.cycle },
    priceBooks: (priceBooks ?? []).map(({ stream, revision }) => ({ stream, revision })),
    slaCredits: (slaCredits ?? []).map(({ availabilityBelow, creditPercent }) => ({ availabilityBelow, creditPercent })),
    ...(credit !== undefined && { credit: { monthsAfterIssue: credit.monthsAfterIssue } }),
    ...(escrow !== undefined && {
      escrow: { captureAfterSeconds: escrow.captureAfterSeconds, reclaimAfterSeconds: escrow.reclaimAfterSeconds },
    }),
  };
}
