import { ApiProperty } from '@nestjs/swagger';

export const hex64 = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;
export const hashes = { type: 'array', items: hex64 } as const;

/** `genesis.json`: its leaf hash is the genesis hash. */
export class BundledGenesisBody {
  @ApiProperty({ type: 'string', description: 'The envelope of leaf 0, base64.' })
  readonly entry!: string;
  @ApiProperty({ type: 'string', description: 'Its payload, base64.' })
  readonly payload!: string;
  @ApiProperty(hex64)
  readonly salt!: string;
}

/** An anchor that is final, in a file with a signed head. */
export class BundledAnchorBody {
  @ApiProperty({ type: 'string' })
  readonly chainId!: string;
  @ApiProperty({ type: 'string' })
  readonly contract!: string;
  @ApiProperty({ type: 'string' })
  readonly logId!: string;
  @ApiProperty({ type: 'string' })
  readonly size!: string;
  @ApiProperty({ type: 'string' })
  readonly root!: string;
  @ApiProperty({ type: 'string' })
  readonly seq!: string;
  @ApiProperty({ type: 'string' })
  readonly block!: string;
  @ApiProperty({ type: 'string' })
  readonly blockHash!: string;
  @ApiProperty({ type: 'string' })
  readonly tx!: string;
  @ApiProperty({ ...hashes, description: 'From the anchored tree to the signed head.' })
  readonly consistency!: readonly string[];
}
