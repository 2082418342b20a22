import { ApiProperty } from '@nestjs/swagger';

export class EntitlementBody {
  @ApiProperty({ type: 'string', example: 'ttl_00000000-0000-5000-8000-000000000000' })
  readonly title!: string;
  @ApiProperty({ type: 'string' })
  readonly name!: string;
  @ApiProperty({ type: 'string' })
  readonly purchase!: string;
  @ApiProperty({ type: 'string', format: 'date-time', description: 'From here on, this instant included.' })
  readonly from!: string;
  @ApiProperty({ type: 'string', format: 'date-time', description: 'Up to here, this instant not included.' })
  readonly until!: string;
}

export class TitleNoticeBody {
  @ApiProperty({ type: 'string', example: 'ttl_00000000-0000-5000-8000-000000000000' })
  readonly title!: string;
  @ApiProperty({ type: 'string' })
  readonly name!: string;
  @ApiProperty({ type: 'string' })
  readonly purchase!: string;
  @ApiProperty({ type: 'string', description: 'Why it may not be watched any more.' })
  readonly reason!: string;
  @ApiProperty({ type: 'string', example: '4.99', description: 'What comes back.' })
  readonly amount!: string;
  @ApiProperty({ type: 'string', example: 'EUR' })
  readonly currency!: string;
  @ApiProperty({
    type: 'string',
    enum: ['wallet', 'bill', 'chain'],
    description: 'Where it comes back: as it was paid, and prepaid credit to the wallet.',
  })
  readonly returnedTo!: string;
  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly recordedAt!: string;
  @ApiProperty({ type: 'string', description: 'Of the event in the log.' })
  readonly position!: string;
}

export class TitleNoticesBody {
  @ApiProperty({ type: 'string' })
  readonly account!: string;
  @ApiProperty({ type: [TitleNoticeBody] })
  readonly notices!: readonly TitleNoticeBody[];
  @ApiProperty({ type: 'string', required: false, description: 'Names the next page, where there is one.' })
  readonly next?: string;
  @ApiProperty({ type: 'string', description: 'Everything up to this position of the log is taken into account.' })
  readonly asOfPosition!: string;
}

export class EntitlementsBody {
  @ApiProperty({ type: 'string' })
  readonly account!: string;
  @ApiProperty({ type: 'string', format: 'date-time', description: 'The instant that was asked for.' })
  readonly at!: string;
  @ApiProperty({ type: [EntitlementBody] })
  readonly entitlements!: readonly EntitlementBody[];
  @ApiProperty({ type: 'string', description: 'Everything up to this position of the log is taken into account.' })
  readonly asOfPosition!: string;
}
