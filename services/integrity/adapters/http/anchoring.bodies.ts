import { ApiProperty } from '@nestjs/swagger';
import type { DailyAnchorCost } from '../../application/anchor-costs.ts';
import type { Anchor } from '../../application/anchor-store.ts';
import type { ReportedPlace } from '../../application/anchoring-report.ts';

const text = { type: 'string' } as const;
const number = { type: 'string', pattern: '^[0-9]+$' } as const;
const instant = { type: 'string', format: 'date-time' } as const;

export class AnchorBody {
  @ApiProperty({ type: 'string', enum: ['submitted', 'included', 'safe', 'finalised', 'dropped', 'superseded'] })
  readonly state!: string;
  @ApiProperty({ ...number, description: 'Leaves that it covers.' })
  readonly size!: string;
  @ApiProperty({ ...text, description: 'The transaction that brought it, or was signed for it last.' })
  readonly tx!: string;
  @ApiProperty({ ...number, required: false, description: 'Where it was seen last.' })
  readonly block?: string;
  @ApiProperty(instant)
  readonly signedAt!: string;
}

export class AnchoringPlaceBody {
  @ApiProperty({ ...text, description: 'The provider.' })
  readonly log!: string;
  @ApiProperty({ ...number, required: false, description: "Absent for the log's rounds themselves." })
  readonly chainId?: string;
  @ApiProperty({ ...text, required: false })
  readonly contract?: string;
  @ApiProperty({ type: 'string', enum: ['standby', 'idle', 'round', 'settling', 'retrying', 'alarm', 'stopped'] })
  readonly state!: string;
  @ApiProperty({ ...text, required: false, description: 'Somebody has to look: docs/reference/anchoring.md says at what.' })
  readonly alarm?: string;
  @ApiProperty({ ...text, required: false, description: 'What is tried again, or what raised the alarm.' })
  readonly message?: string;
  @ApiProperty({ ...instant, description: 'Since when state and alarm are these.' })
  readonly since!: string;
  @ApiProperty({ ...instant, description: 'When the anchorer said so last, which it does every half minute while it runs.' })
  readonly toldAt!: string;
  @ApiProperty({ type: [AnchorBody], description: 'The newest anchor in each state, newest first.' })
  readonly anchors!: AnchorBody[];
}

export class AnchoringBody {
  @ApiProperty({ type: 'boolean', description: 'True when no alarm stands.' })
  readonly healthy!: boolean;
  @ApiProperty({ type: [AnchoringPlaceBody] })
  readonly places!: AnchoringPlaceBody[];
}

export class AnchoringCostBody {
  @ApiProperty({ type: 'string', format: 'date', description: 'UTC.' })
  readonly day!: string;
  @ApiProperty({ ...text, description: 'The provider.' })
  readonly log!: string;
  @ApiProperty(number)
  readonly chainId!: string;
  @ApiProperty({ ...number, description: 'Final transactions with anchors of the log, also those that came to nothing.' })
  readonly transactions!: string;
  @ApiProperty({ ...number, description: 'Anchors of the log that they brought.' })
  readonly anchors!: string;
  @ApiProperty({ ...number, description: 'Of a transaction that several logs shared, the share of this one.' })
  readonly gas!: string;
  @ApiProperty({ ...number, description: 'In wei, all that was paid; on a layer 2 with the fee of the layer below.' })
  readonly fee!: string;
}

export class AnchoringCostsBody {
  @ApiProperty({ type: [AnchoringCostBody] })
  readonly costs!: AnchoringCostBody[];
}

export function placeBodyOf({ log, place, state, alarm, message, since, toldAt, anchors }: ReportedPlace): AnchoringPlaceBody {
  const [chainId, contract] = place.split(' ');
  return {
    ...{ log, ...(contract !== undefined && chainId !== undefined && { chainId, contract }), state },
    ...{ ...(alarm !== undefined && { alarm }), ...(message !== undefined && { message }) },
    ...{ since: since.toISOString(), toldAt: toldAt.toISOString(), anchors: anchors.map(anchorBodyOf) },
  };
}

export function costBodyOf({ day, log, chainId, transactions, anchors, gas, fee }: DailyAnchorCost): AnchoringCostBody {
  const counts = { transactions: transactions.toString(), anchors: anchors.toString(), gas: gas.toString(), fee: fee.toString() };
  return { day, log, chainId, ...counts };
}

function anchorBodyOf({ state, size, tx, place, signedAt }: Anchor): AnchorBody {
  const block = place === undefined ? {} : { block: place.block.toString() };
  return { state, size: size.toString(), tx, ...block, signedAt: signedAt.toISOString() };
}
