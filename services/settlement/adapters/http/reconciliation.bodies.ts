import { ApiProperty } from '@nestjs/swagger';
import { amountText } from '../../../money/money.ts';
import type { ComparisonStanding, KeptReconciliation } from '../../application/reconciling/reconciliation-store.ts';
import { differenceOf, isSound, reconciledSubjects } from '../../domain/reconciliation.ts';

const text = { type: 'string' } as const;
const amount = (description: string) => ({ ...text, example: '120.500000', description });

export class ReconciledBlockBody {
  @ApiProperty({ ...text, example: '8453' })
  readonly chainId!: string;
  @ApiProperty({ ...text, example: '21000041' })
  readonly number!: string;
  @ApiProperty(text)
  readonly hash!: string;
}

export class ReconciliationBody {
  @ApiProperty({ ...text, example: '17' })
  readonly id!: string;
  @ApiProperty({ ...text, enum: [...reconciledSubjects], description: 'What was compared.' })
  readonly subject!: string;
  @ApiProperty({ ...text, required: false, description: 'Absent for prepaid credit, which is compared for all chains together.' })
  readonly chainId?: string;
  @ApiProperty({ ...text, example: 'USDC' })
  readonly currency!: string;
  @ApiProperty({ type: [ReconciledBlockBody], description: 'The states that were looked at: those after these blocks.' })
  readonly blocks!: readonly ReconciledBlockBody[];
  @ApiProperty(amount('What the chain holds.'))
  readonly onChain!: string;
  @ApiProperty(amount('What of it was there before the ledger began to count.'))
  readonly opening!: string;
  @ApiProperty(amount('What the books say.'))
  readonly inLedger!: string;
  @ApiProperty(amount('What is seen on chain and not in the books yet; below zero for what the books are ahead by.'))
  readonly inFlight!: string;
  @ApiProperty(amount('What nobody can explain: above zero, the chain holds more than the books say.'))
  readonly difference!: string;
  @ApiProperty({ type: 'boolean', description: 'True where there is no difference.' })
  readonly sound!: boolean;
  @ApiProperty({ ...text, format: 'date-time' })
  readonly at!: string;
}

export class DifferenceBody extends ReconciliationBody {
  @ApiProperty({ ...text, example: 'demo' })
  readonly provider!: string;
}

export class OverdueComparisonBody {
  @ApiProperty({ ...text, example: '8453', description: 'A chain, or `credit` for the prepaid credit of all chains.' })
  readonly what!: string;
  @ApiProperty({ ...text, format: 'date-time', required: false, description: 'Not compared since; absent where it never was.' })
  readonly comparedAt?: string;
  @ApiProperty({ ...text, format: 'date-time', description: 'When it was tried last; long ago where no watcher runs.' })
  readonly triedAt!: string;
  @ApiProperty({ ...text, required: false, description: 'Why it could not be made.' })
  readonly failure?: string;
}

export class ReconciliationPageBody {
  @ApiProperty({ type: [ReconciliationBody] })
  readonly reconciliations!: readonly ReconciliationBody[];
  @ApiProperty({ ...text, required: false, description: 'Pass it as `before` for the next page; absent on the last.' })
  readonly next?: string;
}

export function reconciliationBodyOf(kept: KeptReconciliation): ReconciliationBody {
  return factsOf(kept);
}

export function differenceBodyOf(kept: KeptReconciliation): DifferenceBody {
  return { provider: kept.provider, ...factsOf(kept) };
}

export function overdueBodyOf({ what, comparedAt, triedAt, failure }: ComparisonStanding): OverdueComparisonBody {
  return {
    ...{ what, triedAt: triedAt.toISOString(), ...(comparedAt !== undefined && { comparedAt: comparedAt.toISOString() }) },
    ...(failure !== undefined && { failure }),
  };
}

function factsOf(kept: KeptReconciliation) {
  const { id, subject, chainId, currency, blocks, onChain, opening, inLedger, inFlight, at } = kept;
  return {
    ...{ id: id.toString(), subject, ...(chainId !== undefined && { chainId }), currency, blocks },
    ...{ onChain: amountText(onChain), opening: amountText(opening), inLedger: amountText(inLedger), inFlight: amountText(inFlight) },
    ...{ difference: amountText(differenceOf(kept)), sound: isSound(kept), at: at.toISOString() },
  };
}
