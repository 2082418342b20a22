import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { AddressField, AmountField, ChoiceField, CurrencyField, WholeNumberField } from '../../../http/fields.ts';
import { WalletTransactionBody } from './checkout.bodies.ts';
import { RevocationStandingBody } from './sending.bodies.ts';

export class WalletMandateOfferBody {
  @AddressField({ description: 'Of an ERC-20 that is taken on the chain of the checkout.' })
  readonly token!: string;

  @AmountField({ description: 'What one period may take, in whole tokens.' })
  readonly maxPerPeriod!: string;

  @CurrencyField({ description: 'Of the token.', example: 'USDC' })
  readonly currency!: string;

  @ChoiceField(['7', '30', '365'])
  readonly periodDays!: '7' | '30' | '365';

  @WholeNumberField({ max: 120n, description: 'How many of them, from now on. All of them together are the cap of the whole.' })
  readonly periods!: string;
}

export class WalletMandateCallsBody {
  @ApiProperty({ type: WalletTransactionBody, description: 'Agrees, instead of a signature.' })
  readonly approve!: WalletTransactionBody;
  @ApiProperty({ type: WalletTransactionBody, description: 'Ends it, instead of a signature; also while payments are paused.' })
  readonly revoke!: WalletTransactionBody;
  @ApiProperty({ type: [WalletTransactionBody], description: 'To be sent in this order: the allowance that the token still needs.' })
  readonly allow!: readonly WalletTransactionBody[];
}

export class WalletMandateBody {
  @ApiProperty({ type: 'string' })
  readonly mandate!: string;
  @ApiProperty({ enum: ['offered', 'agreed', 'revoked'] })
  readonly status!: string;
  @ApiProperty({ type: 'string', example: 'USDC' })
  readonly currency!: string;
  @ApiProperty({ type: 'string', description: 'What one period may take, in whole tokens.' })
  readonly maxPerPeriod!: string;
  @ApiProperty({ type: 'string', description: 'What it may take in all.' })
  readonly totalCap!: string;
  @ApiPropertyOptional({ type: RevocationStandingBody, description: 'Of one that is over, where we bring its end to the contract.' })
  readonly revocation?: RevocationStandingBody;
  @ApiPropertyOptional({ type: 'string', description: 'What was collected under it. Absent for one that is over.' })
  readonly collected?: string;
  @ApiProperty({ type: 'string', description: 'Seconds of a period.' })
  readonly period!: string;
  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly start!: string;
  @ApiProperty({ type: 'string', format: 'date-time', description: 'The first moment that is out.' })
  readonly end!: string;
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'What agrees, for `eth_signTypedData_v4`.' })
  readonly agree!: object;
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'What ends it.' })
  readonly revoke!: object;
  @ApiProperty({ type: WalletMandateCallsBody })
  readonly calls!: WalletMandateCallsBody;
}

export class WalletMandatesBody {
  @ApiProperty({ type: [WalletMandateBody], description: 'The newest first.' })
  readonly mandates!: readonly WalletMandateBody[];
}
