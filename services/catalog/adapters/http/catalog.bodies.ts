import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, ValidateNested } from 'class-validator';
import {
  AmountField,
  ChoiceField,
  CurrencyField,
  DecimalField,
  InstantField,
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
  @ApiProperty({ type: [PriceBandBody] })
  @IsArray({ message: 'list_malformed' })
  @ArrayMinSize(1, { message: 'list_empty' })
  @ArrayMaxSize(1_000, { message: 'list_too_long' })
  @ArrayUnique((band: PriceBandBody | null) => band?.band, { message: 'list_not_unique' })
  @ValidateNested({ each: true, message: 'list_malformed' })
  @Type(() => PriceBandBody)
  readonly bands!: readonly PriceBandBody[];
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
