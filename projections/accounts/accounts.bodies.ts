import { ApiProperty } from '@nestjs/swagger';
import { CustomerAmountsBody } from '../http/amount.bodies.ts';

export class AccountBody {
  @ApiProperty({ type: 'string', example: 'acc_00000000-0000-5000-8000-000000000000' })
  readonly account!: string;
  @ApiProperty({ type: 'string', enum: ['prepaid', 'postpaid'] })
  readonly billing!: 'prepaid' | 'postpaid';
  @ApiProperty({ type: 'string', example: 'EUR', description: 'Of every amount beside it.' })
  readonly currency!: string;
  @ApiProperty({
    type: 'string',
    example: '100.00',
    description: 'Prepaid: how far the wallet may go below zero. Postpaid: how much may be owed.',
  })
  readonly creditLimit!: string;
  @ApiProperty({ type: CustomerAmountsBody })
  readonly balances!: CustomerAmountsBody;
  @ApiProperty({ type: 'string', description: "Of the last event in the account's stream; what If-Match takes." })
  readonly revision!: string;
  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly openedAt!: string;
}

export class AccountAsOfBody extends AccountBody {
  @ApiProperty({ type: 'string', description: 'Everything up to this position of the log is taken into account.' })
  readonly asOfPosition!: string;
}

export class AccountPageBody {
  @ApiProperty({ type: [AccountBody] })
  readonly accounts!: readonly AccountBody[];
  @ApiProperty({ type: 'string', required: false, description: 'Pass it as `from` for the next page; absent on the last.' })
  readonly next?: string;
  @ApiProperty({ type: 'string', description: 'Everything up to this position of the log is taken into account.' })
  readonly asOfPosition!: string;
}
