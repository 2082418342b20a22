import { ApiProperty } from '@nestjs/swagger';
import { problemCatalog } from './problem-catalog.ts';

/** A problem document (RFC 9457) as every failed request answers it. */
export class ProblemBody {
  @ApiProperty({ type: 'string', example: 'urn:tallyroot:problem:insufficient_funds' })
  readonly type!: string;
  @ApiProperty({ type: 'string' })
  readonly title!: string;
  @ApiProperty({ type: 'integer' })
  readonly status!: number;
  @ApiProperty({ type: 'string', enum: Object.keys(problemCatalog).sort() })
  readonly code!: string;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'What it is about, for example the field or the amount available.',
  })
  readonly params!: object;
  @ApiProperty({ type: 'string' })
  readonly traceId!: string;
}
