import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import { hex64 } from '../../services/http/log-file.bodies.ts';
import type { AnchorState } from '../../services/integrity/application/anchor-store.ts';
import { InvoiceSummaryBody } from '../invoices/invoices.bodies.ts';
import { type Match, matches } from './search-results.ts';

const anchorStates = [
  ...(['submitted', 'included', 'safe', 'finalised', 'dropped', 'superseded'] as const satisfies readonly AnchorState[]),
];

/** Says that a field has one value, which tells the kinds apart. */
const Kind = (kind: string) => ApiProperty({ type: 'string', enum: [kind] });
const Matched = () => ApiProperty({ enum: [...matches], enumName: 'SearchMatch', description: 'By what of it this was found.' });
const Path = (description: string, required = true) => ApiProperty({ type: 'string', format: 'uri-reference', description, required });

export class EntryLinksBody {
  @Path('Everything about the entry.')
  readonly entry!: string;
  @Path('The same as a file for an offline check.')
  readonly export!: string;
  @Path('All entries of its stream.', false)
  readonly stream?: string;
}

export class EntrySummaryBody {
  @ApiProperty({ type: 'string', description: 'Place of the leaf in the log.' })
  readonly index!: string;
  @ApiProperty(hex64)
  readonly leafHash!: string;
  @ApiProperty({ type: 'string', format: 'uuid' })
  readonly eventId!: string;
  @ApiProperty({ type: 'string' })
  readonly stream!: string;
  @ApiProperty({ type: 'string' })
  readonly revision!: string;
  @ApiProperty({ type: 'string', description: 'As the entry has it.' })
  readonly type!: string;
  @ApiProperty({ type: 'string', description: 'The claimed time, as the entry has it.' })
  readonly at!: string;
  @ApiProperty({ type: EntryLinksBody })
  readonly links!: EntryLinksBody;
}

export class FoundEntryBody extends EntrySummaryBody {
  @Kind('entry')
  readonly kind!: 'entry';
  @Matched()
  readonly matched!: Match;
}

export class FoundInvoiceLinksBody {
  @Path('The entry of the document.')
  readonly entry!: string;
  @Path('The same as a file for an offline check.')
  readonly export!: string;
  @Path('One file that proves every line of it.')
  readonly proofBundle!: string;
}

export class FoundInvoiceBody extends InvoiceSummaryBody {
  @Kind('invoice')
  readonly kind!: 'invoice';
  @Matched()
  readonly matched!: Match;
  @ApiProperty({ type: 'string', description: 'Index of the leaf of the document.' })
  readonly index!: string;
  @ApiProperty({ type: FoundInvoiceLinksBody })
  readonly links!: FoundInvoiceLinksBody;
}

export class FoundAccountLinksBody {
  @Path('The balance with its proof, at the last commitment.')
  readonly state!: string;
  @Path('All entries that post to it.')
  readonly entries!: string;
}

export class FoundAccountBody {
  @Kind('account')
  readonly kind!: 'account';
  @Matched()
  readonly matched!: Match;
  @ApiProperty({ type: 'string', description: 'A place in the chart of accounts.' })
  readonly ledgerAccount!: string;
  @ApiProperty({ type: 'string' })
  readonly currency!: string;
  @ApiProperty({ type: 'string', description: 'Debits minus credits, as the read model has it.' })
  readonly balance!: string;
  @ApiProperty({ ...hex64, description: 'The key of its balance in the map that the log commits to.' })
  readonly accountHash!: string;
  @ApiProperty({ type: FoundAccountLinksBody })
  readonly links!: FoundAccountLinksBody;
}

export class HeadLinksBody {
  @Path('Proves that the published log extends this tree.')
  readonly consistency!: string;
}

export class AnchorBody {
  @ApiProperty({ type: 'string' })
  readonly chainId!: string;
  @ApiProperty({ type: 'string' })
  readonly contract!: string;
  @ApiProperty({ type: 'string', description: 'Of the log in the contract.' })
  readonly logId!: string;
  @ApiProperty({ type: 'string', description: 'Leaves of the anchored tree.' })
  readonly size!: string;
  @ApiProperty({ type: 'string', description: 'Of the anchored tree, 0x-hex.' })
  readonly root!: string;
  @ApiProperty({ enum: anchorStates, enumName: 'AnchorState', description: 'Only `finalised` counts.' })
  readonly state!: AnchorState;
  @ApiProperty({ type: 'string', description: 'The transaction that brought it, or the one that was signed last for it.' })
  readonly tx!: string;
  @ApiProperty({ type: 'string', required: false, description: 'Which anchor of the log it is in the contract; once it is in a block.' })
  readonly seq?: string;
  @ApiProperty({ type: 'string', required: false })
  readonly block?: string;
  @ApiProperty({ type: 'string', required: false })
  readonly blockHash?: string;
}

export class FoundAnchorBody extends AnchorBody {
  @Kind('anchor')
  readonly kind!: 'anchor';
  @Matched()
  readonly matched!: Match;
  @ApiProperty({ type: HeadLinksBody })
  readonly links!: HeadLinksBody;
}

export class FoundHeadBody {
  @Kind('head')
  readonly kind!: 'head';
  @Matched()
  readonly matched!: Match;
  @ApiProperty({ type: 'string' })
  readonly size!: string;
  @ApiProperty(hex64)
  readonly root!: string;
  @ApiProperty({ type: HeadLinksBody })
  readonly links!: HeadLinksBody;
}

export class SearchLinksBody {
  @Path('All that was found, as a file for an offline check.')
  readonly export!: string;
  @Path('The whole log: its files lie beside this one (docs/reference/log-format.md).')
  readonly log!: string;
}

export type FoundBody = FoundEntryBody | FoundInvoiceBody | FoundAccountBody | FoundAnchorBody | FoundHeadBody;

const found = [FoundEntryBody, FoundInvoiceBody, FoundAccountBody, FoundAnchorBody, FoundHeadBody];

@ApiExtraModels(...found)
export class SearchBody {
  @ApiProperty({ type: 'array', items: { oneOf: found.map((body) => ({ $ref: getSchemaPath(body) })) } })
  readonly results!: readonly FoundBody[];
  @ApiProperty({ type: 'string', required: false, description: 'Pass it as `from` for the next page; absent on the last.' })
  readonly next?: string;
  @ApiProperty({ type: 'string', description: 'Leaves of the published head that the answer is of.' })
  readonly size!: string;
  @ApiProperty({ type: SearchLinksBody })
  readonly links!: SearchLinksBody;
}
