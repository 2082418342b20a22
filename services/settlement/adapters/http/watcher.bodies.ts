import { ApiProperty } from '@nestjs/swagger';
import type { NodeStanding } from '../../application/watching/node-quorum.ts';
import type { LiftedHalt, WatcherHalt } from '../../application/watching/watcher-halts.ts';
import type { ContractProgress, ToldWatcherStatus, WatcherStatus } from '../../application/watching/watcher-status.ts';
import { DifferenceBody, OverdueComparisonBody } from './reconciliation.bodies.ts';

const text = { type: 'string' } as const;
const number = { type: 'string', pattern: '^[0-9]+$' } as const;
const instant = { type: 'string', format: 'date-time' } as const;
const states = ['standby', 'following', 'retrying', 'alarm', 'halted', 'stopped'];

export class WatchedNodeBody {
  @ApiProperty({ ...text, description: 'By its place in the configuration: an address may hold a password.' })
  readonly name!: string;
  @ApiProperty({ ...text, enum: ['well', 'away', 'stale', 'behind', 'wrong'] })
  readonly state!: string;
  @ApiProperty({ ...text, required: false })
  readonly message?: string;
  @ApiProperty({ ...number, required: false, description: 'Its newest block when it was asked last.' })
  readonly head?: string;
  @ApiProperty({ ...number, required: false, description: 'Its last final block.' })
  readonly finalized?: string;
}

export class WatchedContractBody {
  @ApiProperty(text)
  readonly contract!: string;
  @ApiProperty({ ...text, enum: ['registry', 'settlement', 'escrow', 'credit', 'token'] })
  readonly module!: string;
  @ApiProperty({ ...number, description: 'The last block whose logs were read.' })
  readonly observed!: string;
  @ApiProperty({ ...number, description: 'The last of these that is final.' })
  readonly finalized!: string;
}

export class WatchedChainBody {
  @ApiProperty(number)
  readonly chainId!: string;
  @ApiProperty({ ...text, enum: states })
  readonly state!: string;
  @ApiProperty({ ...text, required: false, description: 'Somebody has to look: docs/reference/settlement-watcher.md says at what.' })
  readonly alarm?: string;
  @ApiProperty({ ...text, required: false, description: 'What is tried again, or what raised the alarm.' })
  readonly message?: string;
  @ApiProperty({ type: 'boolean', description: 'True while nothing becomes final because nodes are away or contradict each other.' })
  readonly delayed!: boolean;
  @ApiProperty({ ...instant, description: 'Since when state and alarm are these.' })
  readonly since!: string;
  @ApiProperty({ ...instant, description: 'When the watcher said so last, which it does every half minute while it runs.' })
  readonly toldAt!: string;
  @ApiProperty({ type: [WatchedNodeBody] })
  readonly nodes!: WatchedNodeBody[];
  @ApiProperty({ type: [WatchedContractBody] })
  readonly contracts!: WatchedContractBody[];
}

export class WatcherHaltBody {
  @ApiProperty(number)
  readonly chainId!: string;
  @ApiProperty({ ...text, enum: ['finality_failed', 'event_without_bit', 'key_twice', 'operator_halt'] })
  readonly code!: string;
  @ApiProperty(text)
  readonly message!: string;
  @ApiProperty(instant)
  readonly raisedAt!: string;
  @ApiProperty({ ...instant, required: false, description: 'Absent while it stands: then nothing is read of the chain.' })
  readonly liftedAt?: string;
  @ApiProperty({ ...text, required: false })
  readonly liftedBy?: string;
  @ApiProperty({ ...text, required: false, description: 'What the operator found.' })
  readonly reason?: string;
}

export class WatcherBody {
  @ApiProperty({ type: 'boolean', description: 'True when no alarm stands, and chains were compared in time and hold what the books say.' })
  readonly healthy!: boolean;
  @ApiProperty({ type: [WatchedChainBody] })
  readonly chains!: WatchedChainBody[];
  @ApiProperty({ type: [WatcherHaltBody], description: 'Newest first: those that stand, and the last ones that were lifted.' })
  readonly halts!: WatcherHaltBody[];
  @ApiProperty({ type: [DifferenceBody], description: 'The last comparisons with the books that nobody can explain.' })
  readonly differences!: DifferenceBody[];
  @ApiProperty({
    type: [OverdueComparisonBody],
    description: 'Comparisons that nobody could make for too long: of these nobody can tell whether there is a difference.',
  })
  readonly overdue!: OverdueComparisonBody[];
}

export class ReadyChainBody {
  @ApiProperty(number)
  readonly chainId!: string;
  @ApiProperty({ ...text, enum: states })
  readonly state!: string;
  @ApiProperty({ ...text, required: false })
  readonly alarm?: string;
}

export class ReadyBody {
  @ApiProperty({ type: 'boolean' })
  readonly ready!: boolean;
  @ApiProperty({ type: [ReadyChainBody], description: 'The chains that this process follows; none where it does not watch.' })
  readonly chains!: ReadyChainBody[];
}

export function chainBodyOf(told: ToldWatcherStatus, progress: readonly ContractProgress[]): WatchedChainBody {
  const { chainId, state, alarm, message, isDelayed: delayed, since, toldAt, nodes } = told;
  const contracts = progress.filter((contract) => contract.chainId === chainId);
  return {
    ...{ chainId, state, ...(alarm !== undefined && { alarm }), ...(message !== undefined && { message }), delayed },
    ...{ since: since.toISOString(), toldAt: toldAt.toISOString(), nodes: nodes.map(nodeBodyOf) },
    contracts: contracts.map(({ contract, module, observed, finalized }) => ({
      ...{ contract, module, observed: observed.number.toString(), finalized: finalized.number.toString() },
    })),
  };
}

export function haltBodyOf(halt: WatcherHalt | LiftedHalt): WatcherHaltBody {
  const { chainId, code, message, raisedAt } = halt;
  const lifted = 'liftedAt' in halt ? { liftedAt: halt.liftedAt.toISOString(), liftedBy: halt.liftedBy, reason: halt.reason } : {};
  return { chainId, code, message, raisedAt: raisedAt.toISOString(), ...lifted };
}

export function readyBodyOf(statuses: readonly WatcherStatus[]): ReadyBody {
  return {
    ready: statuses.every(({ alarm }) => alarm === undefined),
    chains: statuses.map(({ chainId, state, alarm }) => ({ chainId, state, ...(alarm !== undefined && { alarm }) })),
  };
}

function nodeBodyOf({ name, state, message, head, finalized }: NodeStanding): WatchedNodeBody {
  return {
    ...{ name, state, ...(message !== undefined && { message }) },
    ...{ ...(head !== undefined && { head: head.toString() }), ...(finalized !== undefined && { finalized: finalized.toString() }) },
  };
}
