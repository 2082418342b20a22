import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { AddressField, AmountField, CurrencyField, TextField } from '../../../http/fields.ts';
import type { CreditRefundView } from '../../application/credit/credit-refunds.ts';
import { refundStates } from '../../application/sending/dispatch-progress.ts';
import type { RefundView } from '../../application/refunds/refunds.ts';
import { SignatureField } from './sending.bodies.ts';

export class RefundBody {
  @AmountField({ with: 'currency', description: 'In the currency of the account; everything that can still go back when absent.' })
  readonly amount?: string;

  @CurrencyField({ with: 'amount', description: 'Goes with the amount.' })
  readonly currency?: string;

  @TextField({ lengthMax: 200, example: 'The event was moved', description: 'Never personal data.' })
  readonly reason!: string;

  @AddressField({ optional: true, description: 'Whoever paid when absent. Another address needs the signature of the payer.' })
  readonly to?: string;

  @SignatureField({ optional: true, description: 'Of the payer, over what `refund-address` answers.' })
  readonly signature?: string;
}

export class RefundViewBody implements RefundView {
  @ApiProperty({ type: 'string', example: 'ref_00000000-0000-5000-8000-000000000000' })
  readonly refund!: string;
  @ApiProperty({
    enum: [...refundStates],
    description:
      '`mined`: the chain shows it, and may still take it back. `failed`: the account has its money again, and it may be decided anew.',
  })
  readonly state!: RefundView['state'];
  @ApiProperty({ type: 'string' })
  readonly settlement!: string;
  @ApiProperty({ type: 'string' })
  readonly account!: string;
  @ApiProperty({ type: 'string', example: '60.50' })
  readonly amount!: string;
  @ApiProperty({ type: 'string', example: 'EUR' })
  readonly currency!: string;
  @ApiProperty({ type: 'string', description: 'Address that it goes to.' })
  readonly to!: string;
  @ApiProperty({ type: 'string' })
  readonly reason!: string;
  @ApiPropertyOptional({ type: 'string', example: 'USDC' })
  readonly token?: string;
  @ApiPropertyOptional({ type: 'string', example: '65.760869' })
  readonly tokenAmount?: string;
  @ApiPropertyOptional({ type: 'string', example: 'refund.1' })
  readonly dispatch?: string;
  @ApiPropertyOptional({ type: 'string', description: 'The newest transaction, once there is one.' })
  readonly tx?: string;
  @ApiPropertyOptional({ type: 'string', description: 'Why nothing came of it.' })
  readonly failure?: string;
}

export class RefundsBody {
  @ApiProperty({ type: [RefundViewBody] })
  readonly refunds!: readonly RefundViewBody[];
}

export class RefundAddressBody {
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'What the payer signs, by `eth_signTypedData_v4`.' })
  readonly typedData!: object;
}

export class CreditRefundBody {
  @AmountField({ with: 'currency', description: 'In the currency of the credit; everything that was not taken back yet when absent.' })
  readonly amount?: string;

  @CurrencyField({ with: 'amount', description: 'Goes with the amount.' })
  readonly currency?: string;

  @TextField({ lengthMax: 200, example: 'The customer moves away', description: 'Never personal data.' })
  readonly reason!: string;
}

export class CreditRefundViewBody implements CreditRefundView {
  @ApiProperty({ type: 'string', example: 'ref_00000000-0000-5000-8000-000000000000' })
  readonly refund!: string;
  @ApiProperty({
    enum: [...refundStates],
    description:
      '`final`: the credit is burnt for good, and its money goes to the wallet of the account. `failed`: nothing came of it, and it may be decided anew.',
  })
  readonly state!: CreditRefundView['state'];
  @ApiProperty({ type: 'string', description: 'The payment that bought the credit.' })
  readonly settlement!: string;
  @ApiProperty({ type: 'string' })
  readonly account!: string;
  @ApiProperty({ type: 'string', description: 'Address that the credit lies under.' })
  readonly holder!: string;
  @ApiProperty({ type: 'string', example: '20.00' })
  readonly amount!: string;
  @ApiProperty({ type: 'string', example: 'EUR' })
  readonly currency!: string;
  @ApiProperty({ type: 'string' })
  readonly reason!: string;
  @ApiPropertyOptional({ type: 'string', example: 'creditrefund.1' })
  readonly dispatch?: string;
  @ApiPropertyOptional({ type: 'string', description: 'The newest transaction, once there is one.' })
  readonly tx?: string;
  @ApiPropertyOptional({ type: 'string', description: 'Why nothing came of it.' })
  readonly failure?: string;
}

export class CreditRefundsBody {
  @ApiProperty({ type: [CreditRefundViewBody] })
  readonly refunds!: readonly CreditRefundViewBody[];
}
