import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { type CheckoutState, checkoutStates } from '../../application/checkout/checkout-view.ts';
import type { PayMethod } from '../../application/checkout/payer-desk.ts';

export class CheckoutQuoteBody {
  @ApiProperty({ type: 'string', description: 'Address; zeros for the native coin.' })
  readonly token!: string;
  @ApiProperty({ type: 'string', example: 'USDC' })
  readonly tokenCurrency!: string;
  @ApiProperty({ type: 'string', example: '60.5', description: 'To be paid, in whole tokens.' })
  readonly tokenAmount!: string;
  @ApiProperty({ type: 'string', description: 'The same in units of the token.' })
  readonly units!: string;
  @ApiProperty({ type: 'string', description: 'One whole token in the currency, before the spread.' })
  readonly rate!: string;
  @ApiProperty({ type: 'string' })
  readonly rateSource!: string;
  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly rateAt!: string;
  @ApiProperty({ type: 'string', description: 'In hundredths of a percent.' })
  readonly spreadBps!: string;
  @ApiProperty({ type: 'string', format: 'date-time', description: 'The first moment at which it cannot be paid any more.' })
  readonly deadline!: string;
  @ApiProperty({ type: 'string', description: 'What the provider signed.' })
  readonly digest!: string;
  @ApiProperty({ type: 'string', required: false, description: 'Of EIP-681, for the native coin alone: wallets misread those of tokens.' })
  readonly eip681?: string;
}

export class CheckoutTokenBody {
  @ApiProperty({ type: 'string' })
  readonly address!: string;
  @ApiProperty({ type: 'string' })
  readonly currency!: string;
  @ApiProperty({ type: 'number' })
  readonly decimals!: number;
}

export class CheckoutPaymentBody {
  @ApiProperty({ type: 'string' })
  readonly tx!: string;
  @ApiProperty({ type: 'string' })
  readonly block!: string;
  @ApiProperty({ type: 'string' })
  readonly blockHash!: string;
  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly blockTime!: string;
  @ApiProperty({ type: 'string', required: false, description: 'How many blocks deep it lies.' })
  readonly confirmations?: string;
  @ApiProperty({
    type: 'string',
    required: false,
    description: 'What was paid, and at which rate; absent where no quote of ours was paid.',
  })
  readonly tokenCurrency?: string;
  @ApiProperty({ type: 'string', required: false })
  readonly tokenAmount?: string;
  @ApiProperty({ type: 'string', required: false })
  readonly rate?: string;
  @ApiProperty({ type: 'string', required: false })
  readonly rateSource?: string;
  @ApiProperty({ type: 'string', format: 'date-time', required: false })
  readonly rateAt?: string;
  @ApiProperty({ type: 'string', required: false, description: 'In hundredths of a percent.' })
  readonly spreadBps?: string;
}

export class RefusalBody {
  @ApiProperty({ type: 'string' })
  readonly code!: string;
  @ApiProperty({ type: 'string', description: 'For people.' })
  readonly text!: string;
}

export class SentTransactionBody {
  @ApiProperty({ enum: ['unknown', 'pending', 'dropped', 'cancelled', 'replaced', 'included', 'reverted'], enumName: 'SentState' })
  readonly state!: string;
  @ApiProperty({ type: 'string', required: false })
  readonly block?: string;
  @ApiProperty({
    type: 'string',
    required: false,
    description: 'The transaction that took its place: the same payment, faster, where it is included.',
  })
  readonly by?: string;
  @ApiProperty({
    type: 'string',
    required: false,
    description: 'Of a pending one; hand it back with `tx`, and what took its place is found.',
  })
  readonly from?: string;
  @ApiProperty({ type: 'string', required: false, description: 'As `from`.' })
  readonly nonce?: string;
  @ApiProperty({ type: 'string', required: false, description: 'As `from`: hash of receiver, value and data.' })
  readonly call?: string;
  @ApiProperty({ type: 'string', required: false, description: 'As `from`: the newest block when it was pending.' })
  readonly height?: string;
  @ApiProperty({ type: RefusalBody, required: false })
  readonly refusal?: RefusalBody;
}

export class RelayedPaymentBody {
  @ApiProperty({ enum: ['sending', 'failed', 'done'], enumName: 'RelayState' })
  readonly state!: string;
  @ApiProperty({ type: 'string', required: false, description: 'Once it is in a final block.' })
  readonly tx?: string;
  @ApiProperty({ type: RefusalBody, required: false, description: 'Why nothing came of it; the payer can send it itself.' })
  readonly refusal?: RefusalBody;
}

export class CheckoutBody {
  @ApiProperty({ type: 'string' })
  readonly id!: string;
  @ApiProperty({ enum: [...checkoutStates], enumName: 'CheckoutState' })
  readonly state!: CheckoutState;
  @ApiProperty({ type: 'string', description: 'Whom the money goes to.' })
  readonly legalName!: string;
  @ApiProperty({ enum: ['invoice', 'top-up', 'title', 'deposit', 'credit'], enumName: 'CheckoutKind' })
  readonly kind!: string;
  @ApiProperty({ type: 'string', required: false, description: 'Number of the invoice.' })
  readonly invoice?: string;
  @ApiProperty({ type: 'string', required: false, description: 'Name of the title.' })
  readonly title?: string;
  @ApiProperty({ type: 'string', example: '60.50' })
  readonly amount!: string;
  @ApiProperty({ type: 'string', example: 'EUR' })
  readonly currency!: string;
  @ApiProperty({ type: 'string' })
  readonly chainId!: string;
  @ApiProperty({ type: 'string', required: false, description: 'Name of the chain, as the operator configured it.' })
  readonly network?: string;
  @ApiProperty({ type: 'string', required: false, description: 'A block explorer: `/tx/<hash>` and `/address/<address>` (EIP-3091).' })
  readonly explorerUrl?: string;
  @ApiProperty({ type: 'string', required: false, description: 'A public node, for wallets that do not know the chain (EIP-3085).' })
  readonly walletRpcUrl?: string;
  @ApiProperty({ type: 'string', description: 'The contract that is paid.' })
  readonly contract!: string;
  @ApiProperty({
    enum: ['settlement', 'escrow'],
    description: 'Whether the money goes to the provider at once, or is held until the event.',
  })
  readonly module!: string;
  @ApiProperty({ type: 'string', description: 'In the registry of the chain.' })
  readonly providerId!: string;
  @ApiProperty({ type: 'string' })
  readonly seq!: string;
  @ApiProperty({ type: 'string', required: false, description: 'Hash of the terms that are agreed to.' })
  readonly terms?: string;
  @ApiProperty({
    ...{ type: 'string', required: false },
    description: 'Blocks that the payment has to lie deep for the service to start; absent where only finality will do.',
  })
  readonly confirmationsNeeded?: string;
  @ApiProperty({ type: [CheckoutTokenBody], description: 'What it can be paid in.' })
  readonly tokens!: readonly CheckoutTokenBody[];
  @ApiProperty({ type: CheckoutTokenBody, required: false, description: 'Prepaid credit that it can be paid with, by whoever holds some.' })
  readonly credit?: CheckoutTokenBody;
  @ApiProperty({ type: [CheckoutQuoteBody], description: 'Quotes that are good now.' })
  readonly quotes!: readonly CheckoutQuoteBody[];
  @ApiProperty({
    ...{ type: 'string', required: false, example: 'invoice_paid' },
    description: 'Why nothing is due any more, as the code that a new quote would be refused with.',
  })
  readonly over?: string;
  @ApiProperty({
    ...{ type: 'boolean', required: false },
    description:
      'Present while the payment takes longer to become final than its chain takes: nothing is lost, and nobody has to do anything.',
  })
  readonly delayed?: boolean;
  @ApiProperty({ type: CheckoutPaymentBody, required: false })
  readonly payment?: CheckoutPaymentBody;
  @ApiProperty({ type: SentTransactionBody, required: false, description: 'Of the transaction that `tx` names.' })
  readonly transaction?: SentTransactionBody;
  @ApiProperty({ type: RelayedPaymentBody, required: false, description: 'Of a signature that we bring to the contract.' })
  readonly relay?: RelayedPaymentBody;
}

export class WalletTransactionBody {
  @ApiProperty({ type: 'string' })
  readonly from!: string;
  @ApiProperty({ type: 'string' })
  readonly to!: string;
  @ApiProperty({ type: 'string', example: '0x0' })
  readonly value!: string;
  @ApiProperty({ type: 'string' })
  readonly data!: string;
}

export class PayWayBody {
  @ApiProperty({ enum: ['native', 'allowance', 'permit', 'permit2', 'authorization'], enumName: 'PayMethod' })
  readonly method!: PayMethod;
  @ApiProperty({ type: [WalletTransactionBody], description: 'To be sent in this order; none where something is signed first.' })
  readonly transactions!: readonly WalletTransactionBody[];
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'For `eth_signTypedData_v4`.' })
  readonly sign?: object;
  @ApiPropertyOptional({ type: 'boolean', description: 'What is signed may be handed to `relays`: the payer pays no gas.' })
  readonly isRelayed?: boolean;
}

export class PayerAccountBody {
  @ApiProperty({ enum: ['key', 'delegated', 'contract'], enumName: 'PayerAccountKind' })
  readonly kind!: string;
  @ApiProperty({ type: 'string', required: false, description: 'Of a delegated account (EIP-7702): whose code it runs.' })
  readonly delegate?: string;
  @ApiProperty({ type: 'boolean', required: false, description: 'That contract is known to empty accounts.' })
  readonly isSweeper?: boolean;
}

export class NeedBody {
  @ApiProperty({ enum: ['balance', 'allowance', 'gas'] })
  readonly of!: string;
  @ApiProperty({ type: 'string', description: 'In units of the token; gas in wei.' })
  readonly needed!: string;
  @ApiProperty({ type: 'string' })
  readonly held!: string;
  @ApiProperty({ type: 'boolean' })
  readonly isEnough!: boolean;
}

export class PreparedPaymentBody {
  @ApiProperty({ type: 'string', description: 'Decimal.' })
  readonly chainId!: string;
  @ApiProperty({ type: CheckoutQuoteBody })
  readonly quote!: CheckoutQuoteBody;
  @ApiProperty({ type: [PayWayBody], description: 'The best way first.' })
  readonly ways!: readonly PayWayBody[];
  @ApiProperty({ type: PayerAccountBody })
  readonly account!: PayerAccountBody;
  @ApiProperty({ type: [NeedBody] })
  readonly needs!: readonly NeedBody[];
  @ApiProperty({ type: RefusalBody, required: false, description: 'What would happen now; absent when the payment would go through.' })
  readonly refusal?: RefusalBody;
}

export class SignedPaymentBody {
  @ApiProperty({ type: WalletTransactionBody })
  readonly transaction!: WalletTransactionBody;
  @ApiProperty({ type: RefusalBody, required: false })
  readonly refusal?: RefusalBody;
}
