import { ApiProperty } from '@nestjs/swagger';

export class JournalLineBody {
  @ApiProperty({ type: 'string', description: 'Of the event in the log.' })
  readonly position!: string;
  @ApiProperty({ type: 'string', description: 'Place of the posting in its event, from 0.' })
  readonly line!: string;
  @ApiProperty({ type: 'string', format: 'uuid' })
  readonly eventId!: string;
  @ApiProperty({ type: 'string', example: 'ToppedUp/1' })
  readonly type!: string;
  @ApiProperty({ type: 'string', example: 'asset:cash:card' })
  readonly ledgerAccount!: string;
  @ApiProperty({ type: 'string', enum: ['debit', 'credit'] })
  readonly direction!: 'debit' | 'credit';
  @ApiProperty({ type: 'string', example: '10.00', description: 'Above zero; the direction is its sign.' })
  readonly amount!: string;
  @ApiProperty({ type: 'string', example: 'EUR' })
  readonly currency!: string;
  @ApiProperty({ type: 'string', format: 'date-time', description: 'Business time.' })
  readonly effectiveAt!: string;
  @ApiProperty({ type: 'string', format: 'date-time', description: 'When it was recorded.' })
  readonly at!: string;
}

export class JournalPageBody {
  @ApiProperty({ type: [JournalLineBody] })
  readonly lines!: readonly JournalLineBody[];
  @ApiProperty({ type: 'string', required: false, description: 'Pass it as `from` for the next page; absent on the last.' })
  readonly next?: string;
  @ApiProperty({ type: 'string', description: 'Everything up to this position of the log is taken into account.' })
  readonly asOfPosition!: string;
}

export class TrialBalanceLineBody {
  @ApiProperty({ type: 'string', example: 'liability:wallet', description: 'The accounts of all customers together are one line.' })
  readonly ledgerAccount!: string;
  @ApiProperty({ type: 'string' })
  readonly debits!: string;
  @ApiProperty({ type: 'string' })
  readonly credits!: string;
  @ApiProperty({ type: 'string', description: 'Debits minus credits.' })
  readonly balance!: string;
}

export class CurrencyTrialBalanceBody {
  @ApiProperty({ type: 'string', example: 'EUR', description: 'Of every amount beside it.' })
  readonly currency!: string;
  @ApiProperty({ type: 'string' })
  readonly debits!: string;
  @ApiProperty({ type: 'string' })
  readonly credits!: string;
  @ApiProperty({ type: 'string', example: '0.00', description: 'Debits minus credits: zero, or the books are wrong.' })
  readonly balance!: string;
  @ApiProperty({ type: [TrialBalanceLineBody] })
  readonly ledgerAccounts!: readonly TrialBalanceLineBody[];
}

export class TrialBalanceBody {
  @ApiProperty({ type: [CurrencyTrialBalanceBody] })
  readonly currencies!: readonly CurrencyTrialBalanceBody[];
  @ApiProperty({ type: 'string', description: 'All lines up to this position of the log are added up.' })
  readonly asOfPosition!: string;
}
