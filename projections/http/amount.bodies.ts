import { ApiProperty } from '@nestjs/swagger';

/** Signed from the customer's point of view: the wallet is what the customer has, the others are what the customer owes. */
export class CustomerAmountsBody {
  @ApiProperty({ type: 'string', example: '10.00', description: 'What the customer has; below zero only on credit.' })
  readonly wallet!: string;
  @ApiProperty({ type: 'string', example: '4.275', description: 'Charged, not yet invoiced.' })
  readonly unbilled!: string;
  @ApiProperty({ type: 'string', example: '0.00', description: 'Invoiced, not yet paid.' })
  readonly receivable!: string;
}
