import { IdField, TextField } from '../../../http/fields.ts';

export class AllocationBody {
  @IdField('acc_', { description: 'Whose the money is.' })
  readonly account!: string;
  @TextField({ lengthMax: 200, example: 'The payer wrote from this address', description: 'How that was found out. Never personal data.' })
  readonly reason!: string;
}
