import {
  AmountField,
  ChoiceField,
  CurrencyField,
  DateField,
  DecimalField,
  IdField,
  InstantField,
  SlugField,
  TextField,
  WholeNumberField,
} from '../../../http/fields.ts';

const effectiveAt = 'Business time; the time of the decision when absent.';
const source = 'The wallet for a prepaid account and the invoice for a postpaid one, when absent.';
const revisionMax = 2n ** 63n - 1n;

export class OpenAccountBody {
  @ChoiceField(['prepaid', 'postpaid'])
  readonly billing!: 'prepaid' | 'postpaid';
  @CurrencyField()
  readonly currency!: string;
  @AmountField({
    optional: true,
    zero: true,
    example: '100.00',
    description: 'Prepaid: how far the wallet may go below zero. Postpaid: how much may be owed. Zero when absent.',
  })
  readonly creditLimit?: string;
}

export class TopUpBody {
  @AmountField()
  readonly amount!: string;
  @CurrencyField()
  readonly currency!: string;
  @SlugField({ lengthMax: 32, example: 'card', description: 'How the money came; names the cash account.' })
  readonly method!: string;
  @ChoiceField(['api', 'operator'], { optional: true, description: 'Who asks: a program (`api`, when absent) or a member of staff.' })
  readonly channel?: 'api' | 'operator';
  @InstantField({ optional: true, description: effectiveAt })
  readonly effectiveAt?: string;
}

export class ChargeBody {
  @AmountField()
  readonly amount!: string;
  @CurrencyField()
  readonly currency!: string;
  @SlugField({ example: 'internet-100' })
  readonly product!: string;
  @TextField({ lengthMax: 200, example: 'Internet 100, January', description: 'What the bill says. Never personal data.' })
  readonly description!: string;
  @ChoiceField(['wallet', 'invoice'], { optional: true, description: source })
  readonly source?: 'wallet' | 'invoice';
  @InstantField({ optional: true, description: effectiveAt })
  readonly effectiveAt?: string;
}

export class UsageBody {
  @IdField('pbk_')
  readonly priceBook!: string;
  @SlugField({ example: 'day' })
  readonly band!: string;
  @DecimalField()
  readonly quantity!: string;
  @TextField({ lengthMax: 128, example: 'switch-1:4711', description: "The record's own id at its source." })
  readonly usageRecord!: string;
  @ChoiceField(['wallet', 'invoice'], { optional: true, description: source })
  readonly source?: 'wallet' | 'invoice';
  @InstantField({ optional: true, description: effectiveAt })
  readonly effectiveAt?: string;
}

export class PurchaseBody {
  @IdField('ttl_')
  readonly title!: string;
  @ChoiceField(['wallet', 'invoice'], { optional: true, description: source })
  readonly source?: 'wallet' | 'invoice';
}

export class PaymentBody {
  @AmountField()
  readonly amount!: string;
  @CurrencyField()
  readonly currency!: string;
  @SlugField({ lengthMax: 32, example: 'bank' })
  readonly method!: string;
  @TextField({ lengthMax: 128, description: "The payer's or gateway's reference: the same payment reported twice has the same one." })
  readonly reference!: string;
  @InstantField({ optional: true, description: effectiveAt })
  readonly effectiveAt?: string;
}

export class ReversalBody {
  @WholeNumberField({ max: revisionMax, example: '4', description: "Revision of the entry in the account's stream." })
  readonly entry!: string;
  @TextField({ lengthMax: 200, example: 'Charged twice by mistake' })
  readonly reason!: string;
  @InstantField({ optional: true, description: effectiveAt })
  readonly effectiveAt?: string;
}

export class IssueInvoiceBody {
  @DateField({ description: 'When the invoice is due.' })
  readonly dueOn!: string;
  @SlugField({ lengthMax: 32, optional: true, example: 'main', description: 'Number series; `main` when absent.' })
  readonly series?: string;
  @InstantField({ optional: true, description: effectiveAt })
  readonly effectiveAt?: string;
}
