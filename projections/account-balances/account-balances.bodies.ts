import { ApiProperty } from '@nestjs/swagger';
import { CustomerAmountsBody } from '../http/amount.bodies.ts';

export class LedgerBalanceBody {
  @ApiProperty({ type: 'string', example: 'asset:unbilled:acc_00000000-0000-5000-8000-000000000000' })
  readonly ledgerAccount!: string;
  @ApiProperty({ type: 'string', example: '4.275' })
  readonly debits!: string;
  @ApiProperty({ type: 'string', example: '0.00' })
  readonly credits!: string;
  @ApiProperty({ type: 'string', example: '4.275', description: 'Debits minus credits.' })
  readonly balance!: string;
}

export class AccountBalancesBody {
  @ApiProperty({ type: 'string' })
  readonly account!: string;
  @ApiProperty({ type: 'string', example: 'EUR', description: 'Of every amount beside it.' })
  readonly currency!: string;
  @ApiProperty({ type: CustomerAmountsBody })
  readonly balances!: CustomerAmountsBody;
  @ApiProperty({ type: [LedgerBalanceBody], required: false, description: 'What the balances are made of; absent with `at`.' })
  readonly ledgerAccounts?: readonly LedgerBalanceBody[];
  @ApiProperty({ type: 'string', description: 'Everything up to this position of the log is taken into account.' })
  readonly asOfPosition!: string;
}
