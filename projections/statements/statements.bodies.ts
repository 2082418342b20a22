import { ApiProperty } from '@nestjs/swagger';
import { CustomerAmountsBody } from '../http/amount.bodies.ts';

export class StatementRowBody {
  @ApiProperty({ type: 'string', description: 'Of the event in the log.' })
  readonly position!: string;
  @ApiProperty({ type: 'string', format: 'uuid' })
  readonly eventId!: string;
  @ApiProperty({ type: 'string', example: 'ChargePosted/1' })
  readonly type!: string;
  @ApiProperty({ type: 'string', format: 'date-time', description: 'When it was recorded.' })
  readonly at!: string;
  @ApiProperty({ type: 'string', format: 'date-time', description: 'Business time.' })
  readonly effectiveAt!: string;
  @ApiProperty({
    type: 'string',
    description: "Text of the event: what was charged or bought, the number of an invoice, the payer's reference.",
  })
  readonly description!: string;
  @ApiProperty({ type: 'string', required: false, description: 'The invoice, payment, purchase, usage record or event it is about.' })
  readonly reference?: string;
  @ApiProperty({ type: CustomerAmountsBody, description: 'What the event moved.' })
  readonly movement!: CustomerAmountsBody;
  @ApiProperty({ type: CustomerAmountsBody, description: 'After the event.' })
  readonly balances!: CustomerAmountsBody;
}

/** Opening plus movements is closing. */
export class StatementBody {
  @ApiProperty({ type: 'string' })
  readonly account!: string;
  @ApiProperty({ type: 'string', example: 'EUR', description: 'Of every amount beside it.' })
  readonly currency!: string;
  @ApiProperty({ type: CustomerAmountsBody, description: 'Before the first row of the range.' })
  readonly opening!: CustomerAmountsBody;
  @ApiProperty({ type: CustomerAmountsBody, description: 'Sum of all rows of the range, also of those on other pages.' })
  readonly movements!: CustomerAmountsBody;
  @ApiProperty({ type: CustomerAmountsBody, description: 'After the last row of the range.' })
  readonly closing!: CustomerAmountsBody;
  @ApiProperty({ type: [StatementRowBody] })
  readonly rows!: readonly StatementRowBody[];
  @ApiProperty({ type: 'string', required: false, description: 'Pass it as `page` for the next page; absent on the last.' })
  readonly next?: string;
  @ApiProperty({ type: 'string', description: 'Everything up to this position of the log is taken into account.' })
  readonly asOfPosition!: string;
}
