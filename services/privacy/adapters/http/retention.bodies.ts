import { ApiProperty } from '@nestjs/swagger';
import { ChoiceField, ListField, WholeNumberField } from '../../../http/fields.ts';
import { retainedKinds, type RetainedKind } from '../../domain/retention.events.ts';

/** A hundred years. */
const daysMax = 36_525n;

export class RetentionRuleBody {
  @ChoiceField(retainedKinds, {
    description:
      '`personal-data`: all that is known of a person, from the last event of the account on. `superseded-personal-data`: a version that was corrected, from the correction on.',
  })
  readonly kind!: RetainedKind;
  @WholeNumberField({ max: daysMax, example: '3650' })
  readonly days!: string;
}

export class RetentionScheduleBody {
  @ListField(() => RetentionRuleBody, { lengthMax: retainedKinds.length, uniqueBy: 'kind' })
  readonly rules!: readonly RetentionRuleBody[];
}

export class LastRunBody {
  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly asOf!: string;
  @ApiProperty({ type: 'string', description: 'Of the RetentionRunCompleted event in the stream `<slug>.retention-0`.' })
  readonly revision!: string;
  @ApiProperty({ type: [String], description: 'Subjects of which something was erased.' })
  readonly erased!: readonly string[];
  @ApiProperty({ type: [String], description: 'Subjects that became active again before they were erased.' })
  readonly kept!: readonly string[];
}

export class RetentionBody {
  @ApiProperty({ type: [RetentionRuleBody], description: 'Empty where nothing was scheduled: then everything is kept.' })
  readonly rules!: readonly RetentionRuleBody[];
  @ApiProperty({ type: LastRunBody, required: false })
  readonly lastRun?: LastRunBody;
}
