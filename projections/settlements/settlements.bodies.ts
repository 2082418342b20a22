import { ApiProperty } from '@nestjs/swagger';
import { type SettlementStanding, settlementStandings } from './settlement-standing.ts';

export class SettlementBlockBody {
  @ApiProperty({ type: 'string', example: '41' })
  readonly number!: string;
  @ApiProperty({ type: 'string' })
  readonly hash!: string;
  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly time!: string;
}

export class SettlementViewBody {
  @ApiProperty({ type: 'string', description: 'Chain, contract and business key: what follows `settlement-` in the name of the stream.' })
  readonly settlement!: string;
  @ApiProperty({ type: 'string', example: '8453' })
  readonly chainId!: string;
  @ApiProperty({ type: 'string' })
  readonly contract!: string;
  @ApiProperty({ type: 'string', example: 'Settled', description: "The log's name in the contract." })
  readonly name!: string;
  @ApiProperty({ type: 'string', enum: [...settlementStandings] })
  readonly standing!: SettlementStanding;
  @ApiProperty({ type: SettlementBlockBody })
  readonly block!: SettlementBlockBody;
  @ApiProperty({ type: 'string', description: 'Hash of the transaction: with the invoice beside it, the receipt of the payment.' })
  readonly tx!: string;
  @ApiProperty({ type: 'string', required: false })
  readonly slot?: string;
  @ApiProperty({ type: 'string', required: false })
  readonly account?: string;
  @ApiProperty({
    type: 'string',
    required: false,
    description: 'What it was paid for: `invoice`, `top-up`, `title`, `deposit` or `credit`.',
  })
  readonly purpose?: string;
  @ApiProperty({ type: 'string', required: false })
  readonly invoice?: string;
  @ApiProperty({ type: 'string', required: false, example: '60.50', description: 'What it counts for.' })
  readonly amount?: string;
  @ApiProperty({ type: 'string', required: false, example: 'EUR' })
  readonly currency?: string;
  @ApiProperty({ type: 'string', required: false, example: 'USDC' })
  readonly token?: string;
  @ApiProperty({ type: 'string', required: false, example: '66.480000' })
  readonly tokenAmount?: string;
  @ApiProperty({ type: 'string', required: false })
  readonly tokenAddress?: string;
  @ApiProperty({ type: 'string', required: false, description: 'Address that paid.' })
  readonly payer?: string;
  @ApiProperty({ type: 'string', required: false, description: 'The event on chain that an escrowed purchase is for.' })
  readonly eventId?: string;
  @ApiProperty({ type: 'string', required: false, description: 'Why nobody was found for it.' })
  readonly reason?: string;
  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly observedAt!: string;
  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly changedAt!: string;
}

export class SettlementDetailBody extends SettlementViewBody {
  @ApiProperty({ type: 'string', description: 'Everything up to this position of the log is taken into account.' })
  readonly asOfPosition!: string;
}

export class SettlementPageBody {
  @ApiProperty({ type: [SettlementViewBody] })
  readonly settlements!: readonly SettlementViewBody[];
  @ApiProperty({ type: 'string', required: false, description: 'Pass it as `from` for the next page; absent on the last.' })
  readonly next?: string;
  @ApiProperty({ type: 'string', description: 'Everything up to this position of the log is taken into account.' })
  readonly asOfPosition!: string;
}
