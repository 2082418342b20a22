import {
  AmountField,
  ChoiceField,
  CurrencyField,
  DecimalField,
  InstantField,
  ListField,
  SlugField,
  TextField,
  WholeNumberField,
} from '../../../http/fields.ts';

const roundings = ['half-up', 'half-even', 'half-down', 'down', 'up'];

export class PriceBandBody {
  @SlugField({ example: 'day' })
  readonly band!: string;
  @SlugField({ example: 'voice-day' })
  readonly product!: string;
  @SlugField({ example: 'minute' })
  readonly unit!: string;
  @DecimalField({ example: '0.17', description: 'Price of one unit in major units, exact.' })
  readonly rate!: string;
}

export class PriceBookBody {
  @TextField({ lengthMax: 100, example: 'Voice 2026' })
  readonly name!: string;
  @CurrencyField()
  readonly currency!: string;
  @ChoiceField(roundings, { example: 'half-up', description: 'How the exact product becomes a charge.' })
  readonly rounding!: string;
  @WholeNumberField({ max: 6n, example: '2', description: 'Decimals of a rated charge.' })
  readonly decimals!: string;
  @ListField(() => PriceBandBody, { lengthMax: 1_000, uniqueBy: 'band' })
  readonly bands!: readonly PriceBandBody[];
}

export class CancelTitleBody {
  @TextField({ lengthMax: 200, example: 'The final is called off.', description: 'What buyers read.' })
  readonly reason!: string;
}

export class TitleBody {
  @TextField({ lengthMax: 100, example: 'Final 2026' })
  readonly name!: string;
  @AmountField({ example: '4.99' })
  readonly price!: string;
  @CurrencyField()
  readonly currency!: string;
  @InstantField()
  readonly onSaleFrom!: string;
  @InstantField()
  readonly onSaleUntil!: string;
  @InstantField()
  readonly startsAt!: string;
  @InstantField()
  readonly endsAt!: string;
  @WholeNumberField({
    max: 1_440n,
    optional: true,
    example: '15',
    description: 'How long before the start it may be watched; 0 when absent.',
  })
  readonly graceMinutes?: string;
}
