import { ApiProperty } from '@nestjs/swagger';
import { BundledAnchorBody, BundledGenesisBody, hashes, hex64 } from '../../services/http/log-file.bodies.ts';
import { InvoiceBody } from '../invoices/invoices.bodies.ts';
import { AnchorBody, EntrySummaryBody } from './search.bodies.ts';

export class EnvelopeBody {
  @ApiProperty({ type: 'string' })
  readonly at!: string;
  @ApiProperty({ type: 'string' })
  readonly id!: string;
  @ApiProperty({ type: 'string', description: 'Origin of the log.' })
  readonly log!: string;
  @ApiProperty({ ...hex64, description: 'Commitment to who and why.' })
  readonly meta!: string;
  @ApiProperty({ ...hex64, description: 'Commitment to the payload.' })
  readonly pay!: string;
  @ApiProperty({ ...hex64, description: 'Leaf hash of the entry before it in its stream.' })
  readonly prev!: string;
  @ApiProperty({ type: 'string' })
  readonly rev!: string;
  @ApiProperty({ type: 'string' })
  readonly stream!: string;
  @ApiProperty({ type: 'string' })
  readonly type!: string;
  @ApiProperty({ type: 'string', example: 'ledger-leaf/1' })
  readonly v!: string;
}

export class CoveringAnchorBody extends AnchorBody {
  @ApiProperty({ ...hashes, description: 'From the leaf’s sibling up to the anchored root.' })
  readonly proof!: readonly string[];
}

export class RawEventBody {
  @ApiProperty({ type: 'string' })
  readonly id!: string;
  @ApiProperty({ type: 'string' })
  readonly stream!: string;
  @ApiProperty({ type: 'string' })
  readonly revision!: string;
  @ApiProperty({ type: 'string' })
  readonly type!: string;
  @ApiProperty({ type: 'string', description: 'JSON text exactly as it is stored: what `pay` commits to.' })
  readonly data!: string;
  @ApiProperty({
    type: 'string',
    required: false,
    description: 'JSON text exactly as it is stored; it holds the salts that open the entry.',
  })
  readonly metadata?: string;
}

export const payloadStates = ['shown', 'withheld', 'missing'] as const;

export class EntryBody extends EntrySummaryBody {
  @ApiProperty({ type: 'string', description: 'The exact envelope that is hashed: leaf hash = SHA-256(0x00 || entry).' })
  readonly entry!: string;
  @ApiProperty({ type: EnvelopeBody, description: 'The same, parsed.' })
  readonly envelope!: EnvelopeBody;
  @ApiProperty({ type: 'string', description: 'Leaves of the tree that the proof is in: the published head’s.' })
  readonly size!: string;
  @ApiProperty({ ...hex64, description: 'Of that tree.' })
  readonly root!: string;
  @ApiProperty({ ...hashes, description: 'From the leaf’s sibling up to that root (RFC 9162, 2.1.3).' })
  readonly proof!: readonly string[];
  @ApiProperty({ type: 'string', description: 'The signed tree head (C2SP checkpoint).' })
  readonly checkpoint!: string;
  @ApiProperty({ type: [CoveringAnchorBody], description: 'Of each contract the first that covers the entry.' })
  readonly anchors!: readonly CoveringAnchorBody[];
  @ApiProperty({ enum: [...payloadStates], enumName: 'PayloadState', description: '`missing`: the event store has lost the event.' })
  readonly payload!: (typeof payloadStates)[number];
  @ApiProperty({ type: RawEventBody, required: false, description: 'The stored event, where the reader may see it.' })
  readonly event?: RawEventBody;
  @ApiProperty({ type: EntrySummaryBody, required: false, description: 'The entry before it in its stream.' })
  readonly previous?: EntrySummaryBody;
  @ApiProperty({ type: EntrySummaryBody, required: false, description: 'The entry behind it in its stream.' })
  readonly next?: EntrySummaryBody;
  @ApiProperty({ type: InvoiceBody, required: false, description: 'Of the document of an invoice: what the read model says of it.' })
  readonly invoice?: InvoiceBody;
}

export class ExportedEntryBody {
  @ApiProperty({ type: 'string' })
  readonly index!: string;
  @ApiProperty({ type: 'string', description: 'The exact envelope that is hashed, base64.' })
  readonly entry!: string;
  @ApiProperty({ oneOf: [{ type: 'string' }, { type: 'null' }], description: 'What `pay` commits to, base64; null where it is absent.' })
  readonly payload!: string | null;
  @ApiProperty({ ...hex64, description: 'Opens `pay`.' })
  readonly salt!: string;
  @ApiProperty({ type: 'string', required: false, description: 'Who and why, as it is stored, base64.' })
  readonly metadata?: string;
  @ApiProperty({ ...hashes, description: 'From the leaf’s sibling up to the root of the file’s tree head.' })
  readonly path!: readonly string[];
  @ApiProperty({ enum: ['withheld', 'missing'], required: false, description: 'Why there is no payload.' })
  readonly absent?: 'withheld' | 'missing';
}

/** The file of docs/reference/log-format.md. */
export class EntryFileBody {
  @ApiProperty({ type: 'string', enum: ['tallyroot-entries/1'] })
  readonly v!: 'tallyroot-entries/1';
  @ApiProperty({ type: BundledGenesisBody, description: 'As `genesis.json`: its leaf hash is the genesis hash.' })
  readonly genesis!: BundledGenesisBody;
  @ApiProperty({ type: [ExportedEntryBody], description: 'Every `LogPolicyChanged` and `KeyRotated`, in order.' })
  readonly policies!: readonly ExportedEntryBody[];
  @ApiProperty({ type: 'string', description: 'Signed tree head: every path leads to its root.' })
  readonly checkpoint!: string;
  @ApiProperty({ type: [BundledAnchorBody], description: 'Of each contract the last final anchor that the tree head covers.' })
  readonly anchors!: readonly BundledAnchorBody[];
  @ApiProperty({ type: [ExportedEntryBody] })
  readonly entries!: readonly ExportedEntryBody[];
}
