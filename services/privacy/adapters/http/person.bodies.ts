import { ApiProperty } from '@nestjs/swagger';
import {
  ChoiceField,
  CountryField,
  EmailField,
  InstantField,
  ObjectField,
  PhoneField,
  SlugField,
  TextField,
} from '../../../http/fields.ts';
import { erasureReasons, type ErasureReason } from '../../domain/person.events.ts';

export class AddressBody {
  @TextField({ lengthMax: 200, example: 'Invalidenstraße 1' })
  readonly street!: string;
  @TextField({ lengthMax: 20, optional: true, example: '10115' })
  readonly postalCode?: string;
  @TextField({ lengthMax: 100, example: 'Berlin' })
  readonly city!: string;
  @TextField({ lengthMax: 100, optional: true })
  readonly region?: string;
  @CountryField()
  readonly country!: string;
}

export class PersonalDataBody {
  @TextField({ lengthMax: 200, example: 'Ada Lovelace' })
  readonly name!: string;
  @EmailField({ optional: true })
  readonly email?: string;
  @PhoneField({ optional: true })
  readonly phone?: string;
  @ObjectField(() => AddressBody, { optional: true })
  readonly address?: AddressBody;
}

/** What a person asks for; a retention period has its own run. */
const askedReasons = erasureReasons.filter((reason) => reason !== 'retention_period');

export class ErasureBody {
  @ChoiceField(askedReasons, { description: 'Stands in the log for ever, and is shown to auditors.' })
  readonly reason!: Exclude<ErasureReason, 'retention_period'>;
  @SlugField({ optional: true, example: 'dsr-2026-17', description: 'Your own name of the case. Never personal data.' })
  readonly reference?: string;
}

export class ConsentBody {
  @SlugField({ example: 'marketing-email' })
  readonly purpose!: string;
  @ChoiceField(['given', 'withdrawn'])
  readonly decision!: 'given' | 'withdrawn';
  @SlugField({ example: 'privacy-2026-03', description: 'Name and version of the text that was agreed to.' })
  readonly document!: string;
  @InstantField({ optional: true, description: 'When the person said so; the time of the decision when absent.' })
  readonly effectiveAt?: string;
}

export class ConsentView {
  @ApiProperty({ type: 'string' })
  readonly purpose!: string;
  @ApiProperty({ type: 'string', enum: ['given', 'withdrawn'] })
  readonly decision!: 'given' | 'withdrawn';
  @ApiProperty({ type: 'string' })
  readonly document!: string;
  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly effectiveAt!: string;
}

export class PersonBody {
  @ApiProperty({ type: 'string', example: 'acc_00000000-0000-5000-8000-000000000000' })
  readonly account!: string;
  @ApiProperty({ type: 'string', example: 'per_00000000-0000-5000-8000-000000000000' })
  readonly subject!: string;
  @ApiProperty({ type: 'string', enum: ['none', 'held', 'erased'] })
  readonly status!: 'none' | 'held' | 'erased';
  @ApiProperty({ type: PersonalDataBody, required: false, description: 'Where the status is `held`.' })
  readonly data?: PersonalDataBody;
  @ApiProperty({ type: 'string', required: false, format: 'uuid', description: 'The event that brought the data.' })
  readonly event?: string;
  @ApiProperty({ type: 'string', required: false, description: 'Of that event in the stream of the person.' })
  readonly revision?: string;
  @ApiProperty({ type: 'string', required: false, enum: [...erasureReasons], description: 'Why the data are gone.' })
  readonly reason?: ErasureReason;
  @ApiProperty({ type: [ConsentView], description: 'The last word on each purpose.' })
  readonly consents!: readonly ConsentView[];
}

export class OpeningBody {
  @ApiProperty({ type: 'string', format: 'uuid', description: 'The event whose commitment this opens.' })
  readonly event!: string;
  @ApiProperty({ type: 'string' })
  readonly subject!: string;
  @ApiProperty({ type: 'string', pattern: '^[0-9a-f]{64}$' })
  readonly salt!: string;
  @ApiProperty({ type: 'string', description: 'The canonical text of a version of the data, base64.' })
  readonly data!: string;
}

export class ExportedEventBody {
  @ApiProperty({ type: 'string', format: 'uuid' })
  readonly id!: string;
  @ApiProperty({ type: 'string' })
  readonly stream!: string;
  @ApiProperty({ type: 'string' })
  readonly revision!: string;
  @ApiProperty({ type: 'string' })
  readonly type!: string;
  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly at!: string;
  @ApiProperty({ type: 'object', additionalProperties: true })
  readonly data!: object;
}

export class PersonExportBody {
  @ApiProperty({ type: 'string', enum: ['tallyroot-personal-export/1'] })
  readonly format!: string;
  @ApiProperty({ type: 'string' })
  readonly provider!: string;
  @ApiProperty({ type: 'string' })
  readonly account!: string;
  @ApiProperty({ type: 'string' })
  readonly subject!: string;
  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly exportedAt!: string;
  @ApiProperty({ type: 'string', enum: ['none', 'held', 'erased'] })
  readonly status!: string;
  @ApiProperty({ type: PersonalDataBody, required: false })
  readonly data?: PersonalDataBody;
  @ApiProperty({ type: [ConsentView] })
  readonly consents!: readonly ConsentView[];
  @ApiProperty({
    type: [OpeningBody],
    description: 'Every version that is still there, with its salt: what `verify --personal-data` takes.',
  })
  readonly openings!: readonly OpeningBody[];
  @ApiProperty({ type: [ExportedEventBody], description: 'Of the person, of the account and of its invoices.' })
  readonly events!: readonly ExportedEventBody[];
}
