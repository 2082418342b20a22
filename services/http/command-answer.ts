import { ApiProperty } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { CommandAnswer, Outcome } from '../commands/application/answer.ts';
import type { Rejection } from '../commands/domain/decision.ts';
import type { ProblemCode } from './problem-catalog.ts';
import { ProblemError } from './problem-error.ts';

export class AnsweredEventBody {
  @ApiProperty({ type: 'string', format: 'uuid' })
  readonly id!: string;
  @ApiProperty({ type: 'string', example: 'ToppedUp/1' })
  readonly type!: string;
  @ApiProperty({ type: 'string', description: 'Place in the stream.' })
  readonly revision!: string;
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'The stored financial payload.' })
  readonly data!: object;
}

export class ReceiptBody {
  @ApiProperty({ type: 'string', description: 'The canonical promise, base64.' })
  readonly promise!: string;
  @ApiProperty({ type: 'string' })
  readonly index!: string;
  @ApiProperty({ type: 'string' })
  readonly count!: string;
  @ApiProperty({ type: [String], description: 'Path to the root that the note signs, base64.' })
  readonly path!: readonly string[];
  @ApiProperty({ type: 'string', description: 'Signed note.' })
  readonly note!: string;
}

/** What every command answers. */
export class CommandAnswerBody {
  @ApiProperty({ type: 'string', description: 'Id of what the command created or worked on.' })
  readonly id!: string;
  @ApiProperty({ type: 'string' })
  readonly stream!: string;
  @ApiProperty({ type: 'string', description: 'Of the aggregate after this command; also the ETag.' })
  readonly revision!: string;
  @ApiProperty({ type: 'string', description: 'In the whole log; pass it as `?after=` to read your own write.' })
  readonly position!: string;
  @ApiProperty({ type: [AnsweredEventBody] })
  readonly events!: readonly AnsweredEventBody[];
  @ApiProperty({ type: ReceiptBody })
  readonly receipt!: ReceiptBody;
}

/** Answers a command: its events and receipt, or the problem of its rejection. */
export function answerCommand<Rejected extends Rejection & { readonly code: ProblemCode }>(
  reply: FastifyReply,
  outcome: Outcome<Rejected>,
  { id, location }: { readonly id: string; readonly location?: string },
): CommandAnswerBody {
  if (outcome.kind === 'rejected') {
    const { code, ...params } = outcome.rejection;
    throw new ProblemError(code, params as Readonly<Record<string, string>>);
  }
  const { answer } = outcome;
  void reply.status(201).headers({ etag: `"${answer.revision}"`, ...(location !== undefined && { location }) });
  if (answer.replayed) void reply.header('idempotent-replayed', 'true');
  return bodyOf(id, answer);
}

function bodyOf(id: string, { stream, revision, position, events, receipt }: CommandAnswer): CommandAnswerBody {
  return {
    id,
    stream,
    revision: revision.toString(),
    position: position.toString(),
    events: events.map((event) => ({ ...event, revision: event.revision.toString() })),
    receipt,
  };
}
