import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Public } from '../../../access/adapters/http/principal.decorator.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { ProblemResponse } from '../../../http/problem-response.decorator.ts';
import { LogQuery } from '../../application/log-query.ts';
import type { FollowerState } from '../../application/witness-follower.ts';
import { Witnessing, type WitnessStatus } from '../../application/witnessing.ts';

const states = ['following', 'ahead', 'contradicts', 'away', 'refused', 'elsewhere'] as const satisfies readonly (
  FollowerState | 'elsewhere'
)[];

export class WitnessBody {
  @ApiProperty({ type: 'string', description: 'Name of its key.' })
  readonly name!: string;
  @ApiProperty({ type: 'string', description: 'Public key, C2SP text form.' })
  readonly vkey!: string;
  @ApiProperty({ enum: states, enumName: 'WitnessState', description: '`elsewhere`: another process shows it the heads of this log.' })
  readonly state!: (typeof states)[number];
  @ApiProperty({ type: 'string', required: false, description: 'Leaves of the last head that it cosigned.' })
  readonly size?: string;
  @ApiProperty({ type: 'string', required: false, format: 'date-time', description: 'When it says that it looked.' })
  readonly cosignedAt?: string;
}

export class WitnessesBody {
  @ApiProperty({ type: [WitnessBody] })
  readonly witnesses!: readonly WitnessBody[];
}

const slugPattern = /^[a-z0-9]{2,20}$/;

/** Who cosigns a log, as public as the log: an auditor names witnesses in a policy of their own and needs no word of ours. */
@ApiTags('proofs')
@ProblemResponse(404, 'There is no such log, or no published tree head yet.')
@ProblemResponse(503, 'The ledger cannot be reached; repeat after the seconds of Retry-After.')
@Public()
@Controller('v1/logs/:slug/witnesses')
export class WitnessesController {
  readonly #witnessing: Witnessing;
  readonly #query: LogQuery;

  constructor(@Inject(Witnessing) witnessing: Witnessing, @Inject(LogQuery) query: LogQuery) {
    this.#witnessing = witnessing;
    this.#query = query;
  }

  @ApiOperation({ summary: 'Tells who cosigns the tree heads of a log, and how far each has come.' })
  @Get()
  @ApiOkResponse({ type: WitnessesBody })
  async list(@Param('slug') slug: string): Promise<WitnessesBody> {
    if (!slugPattern.test(slug) || (await this.#query.head(slug)) === undefined) throw new ProblemError('log_not_found');
    return { witnesses: (await this.#witnessing.statuses(slug)).map(bodyOf) };
  }
}

/** The reason why one does not follow may hold what it answered: it is for the operator's eyes, in the log of the service. */
function bodyOf({ name, vkey, state, cosigned }: WitnessStatus): WitnessBody {
  return {
    name,
    vkey,
    state: state ?? 'elsewhere',
    ...(cosigned && { size: cosigned.size.toString(), cosignedAt: cosigned.at.toISOString() }),
  };
}
