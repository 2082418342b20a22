import { ApiProperty } from '@nestjs/swagger';
import { BundledAnchorBody, BundledGenesisBody, hashes, hex64 } from '../../../http/log-file.bodies.ts';

export class BundledLeafBody {
  @ApiProperty({ type: 'string' })
  readonly index!: string;
  @ApiProperty({ type: 'string', description: 'The exact envelope that is hashed, base64.' })
  readonly entry!: string;
  @ApiProperty({ type: 'string', nullable: true, description: 'The stored payload, base64; null where the event store has lost it.' })
  readonly payload!: string | null;
  @ApiProperty({ ...hex64, description: 'Opens the commitment to the payload.' })
  readonly salt!: string;
  @ApiProperty({ type: 'string', required: false, description: 'Of an event that breaks the format: its metadata, base64.' })
  readonly metadata?: string;
  @ApiProperty({ ...hashes, description: 'From the leaf’s sibling up to the root of the signed head.' })
  readonly path!: readonly string[];
}

export class BundledTerminalBody {
  @ApiProperty(hex64)
  readonly key!: string;
  @ApiProperty(hex64)
  readonly valueHash!: string;
}

export class BundledBalanceBody {
  @ApiProperty({ type: 'string', description: 'A place in the chart of accounts.' })
  readonly account!: string;
  @ApiProperty({ type: 'string' })
  readonly currency!: string;
  @ApiProperty({ type: 'string', required: false, description: 'The exact text that the map commits to; absent where nothing was posted.' })
  readonly value?: string;
  @ApiProperty(hashes)
  readonly siblings!: readonly string[];
  @ApiProperty({ type: BundledTerminalBody, required: false })
  readonly terminal?: BundledTerminalBody;
}

/** One file with which `verify-bill` works offline; its format is part of docs/reference/log-format.md. */
export class ProofBundleBody {
  @ApiProperty({ type: 'string', enum: ['tallyroot-bundle/1'] })
  readonly v!: 'tallyroot-bundle/1';
  @ApiProperty({ type: 'string' })
  readonly account!: string;
  @ApiProperty({ type: 'string', required: false, description: 'Present where the bundle is about one invoice.' })
  readonly invoice?: string;
  @ApiProperty({ type: BundledGenesisBody })
  readonly genesis!: BundledGenesisBody;
  @ApiProperty({ type: [BundledLeafBody], description: 'What changed the promises of the log or its keys.' })
  readonly policies!: readonly BundledLeafBody[];
  @ApiProperty({ type: 'string', description: 'The signed tree head.' })
  readonly checkpoint!: string;
  @ApiProperty({ type: [BundledAnchorBody] })
  readonly anchors!: readonly BundledAnchorBody[];
  @ApiProperty({ type: BundledLeafBody, description: 'The last StateCommitted.' })
  readonly commitment!: BundledLeafBody;
  @ApiProperty({ type: [BundledBalanceBody] })
  readonly balances!: readonly BundledBalanceBody[];
  @ApiProperty({ type: [BundledLeafBody], description: 'Own events, invoices with their numbers, and the price versions that they name.' })
  readonly leaves!: readonly BundledLeafBody[];
}
