import { ApiProperty } from '@nestjs/swagger';

export class CreditLotBody {
  @ApiProperty({ type: 'string', example: '50.00' })
  readonly amount!: string;
  @ApiProperty({ type: 'string', format: 'date-time', description: 'The first moment at which it cannot be spent any more.' })
  readonly until!: string;
  @ApiProperty({
    enum: ['spendable', 'grace', 'over'],
    description: 'In its month of grace it can be given back; behind that anybody burns it.',
  })
  readonly state!: string;
}

export class HeldCreditBody {
  @ApiProperty({ type: 'string' })
  readonly chainId!: string;
  @ApiProperty({ type: 'string', description: 'Of the token.' })
  readonly contract!: string;
  @ApiProperty({ type: 'string', description: 'Address that it lies under.' })
  readonly holder!: string;
  @ApiProperty({ type: 'string', example: 'EUR' })
  readonly currency!: string;
  @ApiProperty({ type: 'string', description: 'What can be spent now.' })
  readonly balance!: string;
  @ApiProperty({ type: 'string' })
  readonly issued!: string;
  @ApiProperty({ type: 'string' })
  readonly redeemed!: string;
  @ApiProperty({ type: 'string' })
  readonly expired!: string;
  @ApiProperty({ type: 'string' })
  readonly refunded!: string;
  @ApiProperty({ type: [CreditLotBody], description: 'The oldest first: it is spent first.' })
  readonly lots!: readonly CreditLotBody[];
}

export class AccountCreditBody {
  @ApiProperty({ type: 'string' })
  readonly account!: string;
  @ApiProperty({ type: [HeldCreditBody] })
  readonly credit!: readonly HeldCreditBody[];
  @ApiProperty({ type: 'string' })
  readonly asOfPosition!: string;
}
