import { Body, Controller, Get, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ForRoles, Principal } from '../../../access/adapters/http/principal.decorator.ts';
import type { Principal as PrincipalOf } from '../../../access/application/principal.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { answerCommand, CommandAnswerBody } from '../../../http/command-answer.ts';
import { Asked, type CommandRequest, pathId } from '../../../http/command-request.ts';
import { CommandRoute } from '../../../http/command-route.decorator.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { NoteMandate, SignMandate } from '../../application/mandates/agree-mandate.handlers.ts';
import { MANDATE_DESK, type MandateDesk } from '../../application/mandates/mandate-desk.ts';
import { OfferMandate } from '../../application/mandates/mandate.handlers.ts';
import { revocationStanding } from '../../application/mandates/revocation-standing.ts';
import type { KnownMandate } from '../../application/mandates/wallet-mandates.ts';
import { mandateStream } from '../../application/sending/sending-streams.ts';
import { SETTLEMENT_CHAINS, type SettlementChains } from '../../application/settlement-chains.ts';
import { mandateOffer } from '../../domain/mandate-offer.ts';
import { mandate } from '../../domain/mandate.ts';
import type { MandateOffered } from '../../domain/mandate.events.ts';
import { mandateTypedData } from './wallet-mandate-body.ts';
import { MandateBody, OfferMandateBody, SignatureBody } from './sending.bodies.ts';

/** Mandates of an account: offered by the provider or asked for by the customer, agreed to and ended by the payer's signature. */
@CommandRoute('settlement')
@ForRoles('provider', 'customer')
@Controller('v1/accounts/:account/mandates')
export class MandatesController {
  readonly #commands: CommandBus;
  readonly #executor: CommandExecutor;
  readonly #chains: SettlementChains;
  readonly #desk: MandateDesk;

  constructor(
    @Inject(CommandBus) commands: CommandBus,
    @Inject(CommandExecutor) executor: CommandExecutor,
    @Inject(SETTLEMENT_CHAINS) chains: SettlementChains,
    @Inject(MANDATE_DESK) desk: MandateDesk,
  ) {
    this.#commands = commands;
    this.#executor = executor;
    this.#chains = chains;
    this.#desk = desk;
  }

  @ApiOperation({ summary: 'Prepares a mandate for the wallet of a payer to sign.' })
  @Post()
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async offer(
    @Asked() asked: CommandRequest,
    @Param('account') path: string,
    @Body() body: OfferMandateBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const account = pathId(path, 'acc_', 'account_not_found');
    const envelope = asked.envelope('OfferMandate', body, account);
    const offered = this.#offerOf(asked.provider, account, { body, commandId: envelope.commandId });
    const outcome = await this.#commands.execute(new OfferMandate(envelope, offered));
    return answerCommand(reply, outcome, { id: offered.mandate, location: `/v1/accounts/${account}/mandates/${offered.mandate}` });
  }

  @ApiOperation({ summary: 'Shows a mandate, and what a wallet signs to agree to it or to end it.' })
  @Get(':mandate')
  @ApiOkResponse({ type: MandateBody })
  async show(
    @Principal() { provider }: PrincipalOf,
    @Param('account') account: string,
    @Param('mandate') id: string,
  ): Promise<MandateBody> {
    const state = await this.#find(provider, account, id);
    const { status, offered } = state;
    const { terms, chainId, contract } = offered;
    const ports = { executor: this.#executor, desk: this.#desk };
    const revocation = status === 'revoked' ? await revocationStanding(ports, provider, state) : undefined;
    return {
      ...{ mandate: id, status, ...mandateTypedData(offered) },
      ...(revocation !== undefined && { revocation }),
      calls: this.#desk.callsOf({ chainId, contract }, terms),
    };
  }

  @ApiOperation({ summary: "Takes the payer's signature of a mandate." })
  @Post(':mandate/signature')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  sign(
    @Asked() asked: CommandRequest,
    @Param('account') account: string,
    @Param('mandate') id: string,
    @Body() body: SignatureBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    return this.#signed(asked, { account, id }, { signature: body.signature, revoke: false }, reply);
  }

  @ApiOperation({ summary: "Ends a mandate by the payer's signature, and brings that to the contract." })
  @Post(':mandate/revocation')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  revoke(
    @Asked() asked: CommandRequest,
    @Param('account') account: string,
    @Param('mandate') id: string,
    @Body() body: SignatureBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    return this.#signed(asked, { account, id }, { signature: body.signature, revoke: true }, reply);
  }

  @ApiOperation({ summary: 'Looks on the chain whether the payer has approved or revoked the mandate by a transaction.' })
  @Post(':mandate/approval')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async approval(
    @Asked() asked: CommandRequest,
    @Param('account') account: string,
    @Param('mandate') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    await this.#find(asked.provider, account, id);
    const data = { mandate: id };
    return answerCommand(reply, await this.#commands.execute(new NoteMandate(asked.envelope('NoteMandate', data), data)), { id });
  }

  async #signed(
    asked: CommandRequest,
    { account, id }: { readonly account: string; readonly id: string },
    given: { readonly signature: string; readonly revoke: boolean },
    reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    await this.#find(asked.provider, account, id);
    const data = { mandate: id, ...given };
    return answerCommand(reply, await this.#commands.execute(new SignMandate(asked.envelope('SignMandate', data), data)), { id });
  }

  /** A mandate of another account is none. */
  async #find(provider: string, account: string, id: string): Promise<KnownMandate> {
    if (!/^0x[0-9a-f]{64}$/.test(id)) throw new ProblemError('mandate_not_found');
    const state = await this.#executor.current(mandate, mandateStream(provider, id), provider);
    if (state.status === 'none' || state.offered.account !== account) throw new ProblemError('mandate_not_found');
    return state;
  }

  #offerOf(
    provider: string,
    account: string,
    { body, commandId }: { readonly body: OfferMandateBody; readonly commandId: string },
  ): MandateOffered {
    const chain = this.#chains.find(body.chainId);
    if (chain === undefined) throw new ProblemError('chain_not_found');
    const token = chain.tokens.find(({ address }) => address === body.token.toLowerCase());
    if (token === undefined) throw new ProblemError('token_not_taken', { token: body.token });
    const place = { chainId: chain.chainId, contract: chain.contracts.settlement };
    return mandateOffer({ provider, account, place, token, caps: body, commandId });
  }
}
