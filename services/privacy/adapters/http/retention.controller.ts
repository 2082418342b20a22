import { Body, Controller, Get, Inject, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Principal } from '../../../access/adapters/http/principal.decorator.ts';
import type { Principal as PrincipalOf } from '../../../access/application/principal.ts';
import { answerCommand, CommandAnswerBody } from '../../../http/command-answer.ts';
import { Asked, type CommandRequest } from '../../../http/command-request.ts';
import { CommandRoute } from '../../../http/command-route.decorator.ts';
import { RetentionRuns } from '../../application/retention-runs.ts';
import { RetentionBody, RetentionScheduleBody } from './retention.bodies.ts';

const location = '/v1/retention';

/** How long the provider keeps what, and the runs that see to it. */
@CommandRoute('persons')
@Controller('v1/retention')
export class RetentionController {
  readonly #runs: RetentionRuns;

  constructor(@Inject(RetentionRuns) runs: RetentionRuns) {
    this.#runs = runs;
  }

  @ApiOperation({ summary: 'Says how long each kind of personal data is kept. It takes the place of the schedule before.' })
  @Post('schedule')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async schedule(
    @Asked() asked: CommandRequest,
    @Body() body: RetentionScheduleBody,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAnswerBody> {
    const rules = body.rules.map(({ kind, days }) => ({ kind, days }));
    const outcome = await this.#runs.publish(asked.envelope('PublishRetentionSchedule', body), { rules });
    return answerCommand(reply, outcome, { id: 'retention', location });
  }

  @ApiOperation({ summary: 'Erases what the schedule says is due. It runs by itself once a day too.' })
  @Post('runs')
  @ApiCreatedResponse({ type: CommandAnswerBody })
  async run(@Asked() asked: CommandRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<CommandAnswerBody> {
    const outcome = await this.#runs.run(asked.envelope('RunRetention', {}));
    return answerCommand(reply, outcome, { id: 'retention', location });
  }

  @ApiOperation({ summary: 'Shows the schedule in force and the last run.' })
  @Get()
  @ApiOkResponse({ type: RetentionBody })
  async show(@Principal() { provider }: PrincipalOf): Promise<RetentionBody> {
    const state = await this.#runs.current(provider);
    if (state.status === 'none') return { rules: [] };
    const { schedule, lastRun } = state;
    if (lastRun === undefined) return { rules: schedule.rules };
    const { erased, kept } = lastRun.completed;
    return { rules: schedule.rules, lastRun: { asOf: lastRun.asOf, revision: lastRun.revision.toString(), erased, kept } };
  }
}
