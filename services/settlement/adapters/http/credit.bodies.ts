import { ApiProperty } from '@nestjs/swagger';
import { IsString, Matches } from 'class-validator';
import { AddressField, WholeNumberField } from '../../../http/fields.ts';
import { NeedBody, RefusalBody, WalletTransactionBody } from './checkout.bodies.ts';

export class RedemptionBody {
  @AddressField({ description: 'Address that the prepaid credit lies under.' })
  readonly holder!: string;
}

export class SignedRedemptionBody extends RedemptionBody {
  @WholeNumberField({ max: 2n ** 48n - 1n, description: 'As it was signed: seconds since 1970.' })
  readonly deadline!: string;

  @ApiProperty({ type: 'string', description: '65 bytes: r, s, v; of a contract as long as it likes.' })
  @IsString({ message: 'text_malformed' })
  @Matches(/^0x(?:[0-9a-f]{2}){64,2000}$/, { message: 'text_malformed' })
  readonly signature!: string;
}

export class PreparedRedemptionBody {
  @ApiProperty({ type: 'string', description: 'Decimal.' })
  readonly chainId!: string;
  @ApiProperty({ type: 'string', description: 'Of the credit.' })
  readonly contract!: string;
  @ApiProperty({ type: 'string' })
  readonly holder!: string;
  @ApiProperty({ type: 'string', description: 'What is spent, in units of the credit.' })
  readonly units!: string;
  @ApiProperty({ type: 'string' })
  readonly invoiceRef!: string;
  @ApiProperty({ type: WalletTransactionBody, description: 'For a holder that pays the gas itself.' })
  readonly transaction!: WalletTransactionBody;
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'For `eth_signTypedData_v4`; then we send it.' })
  readonly sign!: object;
  @ApiProperty({ type: 'string', description: 'Of the signature: seconds since 1970.' })
  readonly deadline!: string;
  @ApiProperty({ type: [NeedBody] })
  readonly needs!: readonly NeedBody[];
  @ApiProperty({ type: RefusalBody, required: false, description: 'What would happen now; absent when it would go through.' })
  readonly refusal?: RefusalBody;
}

export class ExpiriesBody {
  @ApiProperty({ type: [String], description: 'Dispatches that burn it, one a holder.' })
  readonly dispatches!: readonly string[];
}
