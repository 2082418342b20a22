import { ApiProperty } from '@nestjs/swagger';
import type { ProvenBalance } from '../../application/proven-balances.ts';

const hex64 = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;

export class MapEntryBody {
  @ApiProperty(hex64)
  readonly key!: string;
  @ApiProperty({ ...hex64, description: 'SHA-256 of the value.' })
  readonly valueHash!: string;
}

export class MapProofBody {
  @ApiProperty({ type: 'array', items: hex64, description: 'From the root down.' })
  readonly siblings!: string[];
  @ApiProperty({
    type: MapEntryBody,
    required: false,
    description: 'What stands where the key belongs: its own entry, another entry, or nothing (absent).',
  })
  readonly terminal?: MapEntryBody;
}

export class ProvenBalanceBody {
  @ApiProperty({ type: 'string', description: 'The state is that of the leaves below this size.' })
  readonly uptoSize!: string;
  @ApiProperty({ ...hex64, description: 'Root of the map of balances, as StateCommitted has it.' })
  readonly stateRoot!: string;
  @ApiProperty({ type: 'string', description: 'Index of the StateCommitted leaf; its inclusion proof ties the root to the tree.' })
  readonly committedIndex!: string;
  @ApiProperty({
    type: 'string',
    required: false,
    description: 'The exact text that the map commits to; absent where the account was never posted to.',
  })
  readonly value?: string;
  @ApiProperty({ type: MapProofBody })
  readonly proof!: MapProofBody;
}

export function bodyOf({ uptoSize, stateRoot, committedIndex, value, proof }: ProvenBalance): ProvenBalanceBody {
  const { siblings, terminal } = proof;
  return {
    uptoSize: uptoSize.toString(),
    stateRoot: hexOf(stateRoot),
    committedIndex: committedIndex.toString(),
    ...(value !== undefined && { value }),
    proof: {
      siblings: siblings.map(hexOf),
      ...(terminal !== undefined && { terminal: { key: hexOf(terminal.key), valueHash: hexOf(terminal.valueHash) } }),
    },
  };
}

function hexOf(hash: string): string {
  return Buffer.from(hash, 'latin1').toString('hex');
}
