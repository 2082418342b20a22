import { ApiProperty } from '@nestjs/swagger';

export class ListedMandateBody {
  @ApiProperty({ type: 'string', description: 'Its id, and its digest on chain.' })
  readonly mandate!: string;
  @ApiProperty({ enum: ['offered', 'agreed', 'revoked'], description: '`agreed`: it may be collected from, within its times and caps.' })
  readonly status!: string;
  @ApiProperty({ type: 'string' })
  readonly chainId!: string;
  @ApiProperty({ type: 'string', description: 'That collects under it.' })
  readonly contract!: string;
  @ApiProperty({ type: 'string', description: 'Address of the wallet that is collected from.' })
  readonly payer!: string;
  @ApiProperty({ type: 'string', description: 'Address of the token.' })
  readonly token!: string;
  @ApiProperty({ type: 'string', example: 'USDC' })
  readonly currency!: string;
  @ApiProperty({ type: 'string', description: 'Units of the token that one period may take.' })
  readonly maxPerPeriod!: string;
  @ApiProperty({ type: 'string', description: 'Units of the token that it may take in all.' })
  readonly totalCap!: string;
  @ApiProperty({ type: 'string', description: 'Seconds of a period.' })
  readonly period!: string;
  @ApiProperty({ type: 'string', description: 'Seconds since 1970; the first second.' })
  readonly start!: string;
  @ApiProperty({ type: 'string', description: 'Seconds since 1970; the first second that is out.' })
  readonly end!: string;
  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly offeredAt!: string;
}

export class MandatesBody {
  @ApiProperty({ type: 'string' })
  readonly account!: string;
  @ApiProperty({ type: [ListedMandateBody] })
  readonly mandates!: readonly ListedMandateBody[];
  @ApiProperty({ type: 'string', required: false, description: 'Names the next page, where there is one.' })
  readonly next?: string;
  @ApiProperty({ type: 'string', description: 'Everything up to this position of the log is taken into account.' })
  readonly asOfPosition!: string;
}
