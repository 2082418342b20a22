import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

export class DispatchBody {
  @ApiProperty({ type: 'string', example: 'refund.1' })
  readonly id!: string;
  @ApiProperty({ type: 'string', example: 'refund' })
  readonly operation!: string;
  @ApiProperty({ type: 'string' })
  readonly chainId!: string;
  @ApiProperty({ enum: ['sending', 'done', 'failed'] })
  readonly status!: string;
  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly orderedAt!: string;
  @ApiProperty({ type: 'string', required: false, description: 'The transaction, once the chain has said the last word about one.' })
  readonly tx?: string | undefined;
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'Why nothing came of it.' })
  readonly failure?: object | undefined;
}

export class DispatchesBody {
  @ApiProperty({ type: [DispatchBody] })
  readonly dispatches!: readonly DispatchBody[];
  @ApiProperty({ type: 'string', description: 'Everything up to this position of the log is taken into account.' })
  readonly asOfPosition!: string;
}
