import { ApiProperty } from '@nestjs/swagger';
import {
  AddressField,
  AmountField,
  ChoiceField,
  CurrencyField,
  DecimalField,
  HashField,
  IdField,
  InstantField,
  ListField,
  ObjectField,
  SlugField,
  TextField,
  WholeNumberField,
} from '../../../http/fields.ts';

const revisionMax = 2n ** 63n - 1n;
const yearSeconds = 31_536_000n;

export class ConfigureSettlementBody {
  @TextField({ lengthMax: 120, example: 'Demo Stream GmbH', description: 'Whom a payer is told that it pays.' })
  readonly legalName!: string;
  @HashField({ optional: true, description: 'Published terms that a checkout is bound to where it names none.' })
  readonly terms?: string;
  @CurrencyField({
    optional: true,
    example: 'USD',
    description: "What the provider's own books are kept in, for ever: treasury, fees and gains of rates; `EUR` when it was never said.",
  })
  readonly bookCurrency?: string;
}

export class RateBody {
  @CurrencyField({
    example: 'ETH',
    description: "The token, or the native coin; or a currency that is billed in, for the provider's own books in another.",
  })
  readonly base!: string;
  @CurrencyField()
  readonly currency!: string;
  @DecimalField({ positive: true, example: '2950.25', description: 'One whole token in the currency, exact; above zero.' })
  readonly rate!: string;
  @SlugField({ lengthMax: 64, example: 'treasury-desk', description: 'Who says so.' })
  readonly source!: string;
  @InstantField({ description: 'When it was true.' })
  readonly at!: string;
  @WholeNumberField({
    max: 5_000n,
    example: '100',
    description:
      'What the payer pays on top for the lock, in hundredths of a percent: it covers a price that falls within the life of a quote.',
  })
  readonly spreadBps!: string;
  @WholeNumberField({
    max: 86_400n,
    optional: true,
    example: '600',
    description: 'How long after `at` it may be used, in seconds; a day for a stable token and ten minutes for any other when absent.',
  })
  readonly ageSecondsMax?: string;
  @WholeNumberField({
    max: 86_400n,
    optional: true,
    example: '600',
    description: 'How long a quote is good, in seconds; 30 minutes for a stable token and 10 for any other when absent.',
  })
  readonly quoteSeconds?: string;
}

export class TermsPriceBody {
  @AmountField({ example: '4.99' })
  readonly amount!: string;
  @CurrencyField()
  readonly currency!: string;
  @ChoiceField(['once', 'month', 'year', 'usage'], { example: 'month', description: '`usage`: by the price books.' })
  readonly cycle!: string;
}

export class TermsPriceBookBody {
  @TextField({ lengthMax: 200, example: 'demo.pricebook-pbk_00000000-0000-5000-8000-000000000000' })
  readonly stream!: string;
  @WholeNumberField({ max: revisionMax, example: '0' })
  readonly revision!: string;
}

export class SlaCreditBody {
  @DecimalField({ example: '99.5', description: 'Availability of a cycle in percent; below it the credit is due.' })
  readonly availabilityBelow!: string;
  @DecimalField({ example: '10', description: "Percent of the cycle's price." })
  readonly creditPercent!: string;
}

export class CreditTermsBody {
  @ChoiceField(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11'], {
    description: 'Months after that of the payment in which credit can still be spent.',
  })
  readonly monthsAfterIssue!: string;
}

export class EscrowTermsBody {
  @WholeNumberField({ max: yearSeconds, example: '0', description: 'The provider may take the money so long after the title is over.' })
  readonly captureAfterSeconds!: string;
  @WholeNumberField({
    max: yearSeconds,
    example: '2592000',
    description: 'Anybody may send the money back so long after that; at least 14 days, as the contract asks.',
  })
  readonly reclaimAfterSeconds!: string;
}

export class TermsBody {
  @SlugField({ example: 'ppv' })
  readonly offer!: string;
  @WholeNumberField({ max: 1_000_000n, example: '1' })
  readonly version!: string;
  @HashField({ optional: true, description: 'The terms before these.' })
  readonly replaces?: string;
  @ObjectField(() => TermsPriceBody)
  readonly price!: TermsPriceBody;
  @ListField(() => TermsPriceBookBody, { lengthMax: 100, uniqueBy: 'stream', optional: true })
  readonly priceBooks?: readonly TermsPriceBookBody[];
  @ListField(() => SlaCreditBody, { lengthMax: 20, uniqueBy: 'availabilityBelow', optional: true })
  readonly slaCredits?: readonly SlaCreditBody[];
  @ObjectField(() => EscrowTermsBody, { optional: true })
  readonly escrow?: EscrowTermsBody;
  @ObjectField(() => CreditTermsBody, { optional: true })
  readonly credit?: CreditTermsBody;
  @TextField({ lengthMax: 2_000, example: 'Whole, when the event does not take place.' })
  readonly refunds!: string;
}

export class OutageBody {
  @HashField({ description: 'Published terms, which promise an availability.' })
  readonly terms!: string;
  @InstantField({ description: 'When the service was gone.' })
  readonly from!: string;
  @InstantField({ description: 'When it was back; in the same cycle of the price. A longer outage is told in parts.' })
  readonly until!: string;
  @SlugField({ lengthMax: 64, example: 'probe-7', description: 'Who measured it.' })
  readonly source!: string;
  @HashField({ description: 'SHA-256 of what was measured. Whoever measured it keeps it.' })
  readonly evidence!: string;
}

class CheckoutPlaceBody {
  @WholeNumberField({ max: revisionMax, optional: true, example: '31337', description: 'The first chain that is configured when absent.' })
  readonly chainId?: string;
  @HashField({ optional: true, description: "Published terms; those of the provider's profile when absent." })
  readonly terms?: string;
}

export class InvoiceCheckoutBody extends CheckoutPlaceBody {
  @AmountField({ with: 'currency', description: 'A part of what is open, with its currency; all of it when absent.' })
  readonly amount?: string;
  @CurrencyField({ with: 'amount' })
  readonly currency?: string;
}

export class AmountCheckoutBody extends CheckoutPlaceBody {
  @AmountField()
  readonly amount!: string;
  @CurrencyField()
  readonly currency!: string;
}

export class TitleCheckoutBody extends CheckoutPlaceBody {
  @IdField('ttl_')
  readonly title!: string;
  @ChoiceField(['escrow', 'provider'], {
    optional: true,
    description: 'Who holds the money until the event: the escrow contract, or the provider at once (when absent).',
  })
  readonly heldBy?: 'escrow' | 'provider';
}

export class QuoteBody {
  @AddressField({ description: 'Of the token; zeros for the native coin.' })
  readonly token!: string;
  @AddressField({ optional: true, description: 'The only wallet that may pay; any when absent.' })
  readonly payer?: string;
}

export class SettlementTokenBody {
  @ApiProperty({ type: 'string' })
  readonly address!: string;
  @ApiProperty({ type: 'string', example: 'USDC' })
  readonly currency!: string;
  @ApiProperty({ type: 'number', example: 6 })
  readonly decimals!: number;
}

export class SettlementChainBody {
  @ApiProperty({ type: 'string' })
  readonly chainId!: string;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' }, description: 'Addresses by name.' })
  readonly contracts!: Readonly<Record<string, string>>;
  @ApiProperty({ type: [SettlementTokenBody] })
  readonly tokens!: readonly SettlementTokenBody[];
  @ApiProperty({ type: 'string', description: 'The address that signs quotes here; to be made a signer in the registry.' })
  readonly signer!: string;
  @ApiProperty({
    type: 'string',
    description: 'The address that refunds are paid from: to be made a refunder in the registry, and to be given what it pays back.',
  })
  readonly refunder!: string;
  @ApiProperty({ type: 'string', description: 'The address that gives out prepaid credit: to be made a minter of its token.' })
  readonly minter!: string;
  @ApiProperty({
    type: 'string',
    description: 'The address that brings signatures of payers to contracts: it has no right anywhere, only coins.',
  })
  readonly relayer!: string;
  @ApiProperty({ type: 'string', description: 'The address that collects under mandates: to be made a collector in the registry.' })
  readonly collector!: string;
}

export class SettlementBody {
  @ApiProperty({ type: 'string', description: "The provider's number in the registry of every chain." })
  readonly providerId!: string;
  @ApiProperty({ type: 'string', example: 'EUR', description: "What the provider's own books are kept in." })
  readonly bookCurrency!: string;
  @ApiProperty({ type: 'string', required: false })
  readonly legalName?: string;
  @ApiProperty({ type: 'string', required: false })
  readonly terms?: string;
  @ApiProperty({ type: [SettlementChainBody] })
  readonly chains!: readonly SettlementChainBody[];
}

export class PublishedTermsBody {
  @ApiProperty({ type: 'string', description: 'keccak256 of the canonical JSON of the document.' })
  readonly hash!: string;
  @ApiProperty({ type: 'object', additionalProperties: true })
  readonly document!: object;
}
