import { Controller, Inject, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import { Asked, type CommandRequest } from '../../../http/command-request.ts';
import { CommandRoute } from '../../../http/command-route.decorator.ts';
import { ExpireCredit } from '../../application/credit/expire-credit.handler.ts';
import { ExpiriesBody } from './credit.bodies.ts';

/** What the provider does about prepaid credit. */
@CommandRoute('settlement')
@Controller('v1/settlement/credit')
export class CreditController {
  readonly #commands: CommandBus;

  constructor(@Inject(CommandBus) commands: CommandBus) {
    this.#commands = commands;
  }

  @ApiOperation({ summary: 'Burns prepaid credit that is over and behind its month of grace; it is earned when the chain shows that.' })
  @Post('expiries')
  @ApiCreatedResponse({ type: ExpiriesBody })
  async expire(@Asked() asked: CommandRequest): Promise<ExpiriesBody> {
    return { dispatches: await this.#commands.execute(new ExpireCredit(asked.envelope('ExpireCredit', {}))) };
  }
}
