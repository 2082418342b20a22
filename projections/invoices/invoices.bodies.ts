import { ApiProperty } from '@nestjs/swagger';
import { SettlementViewBody } from '../settlements/settlements.bodies.ts';
import { type InvoiceStatus, invoiceStatuses } from './invoices.query.ts';

export class InvoiceSummaryBody {
  @ApiProperty({ type: 'string', example: 'inv_00000000-0000-5000-8000-000000000000' })
  readonly invoice!: string;
  @ApiProperty({ type: 'string' })
  readonly account!: string;
  @ApiProperty({ type: 'string', enum: [...invoiceStatuses], description: '`closing`: number and document follow within moments.' })
  readonly status!: InvoiceStatus;
  @ApiProperty({ type: 'string', required: false, example: 'INV-000001' })
  readonly number?: string;
  @ApiProperty({ type: 'string', example: 'main' })
  readonly series!: string;
  @ApiProperty({ type: 'string', example: 'EUR', description: 'Of every amount beside it.' })
  readonly currency!: string;
  @ApiProperty({ type: 'string', example: '4.28' })
  readonly total!: string;
  @ApiProperty({ type: 'string', example: '0.00' })
  readonly paid!: string;
  @ApiProperty({ type: 'string', example: '4.28' })
  readonly open!: string;
  @ApiProperty({ type: 'string', format: 'date' })
  readonly dueOn!: string;
  @ApiProperty({ type: 'string', format: 'date-time' })
  readonly closedAt!: string;
  @ApiProperty({ type: 'string', format: 'date-time', required: false })
  readonly issuedAt?: string;
}

export class EventPlaceBody {
  @ApiProperty({ type: 'string', format: 'uuid' })
  readonly eventId!: string;
  @ApiProperty({ type: 'string' })
  readonly position!: string;
}

export class ChargesRangeBody {
  @ApiProperty({ type: 'string', description: "The account's stream." })
  readonly stream!: string;
  @ApiProperty({ type: 'string' })
  readonly fromRevision!: string;
  @ApiProperty({ type: 'string' })
  readonly toRevision!: string;
}

export class InvoiceLineBody {
  @ApiProperty({ type: 'string', example: 'voice-day' })
  readonly product!: string;
  @ApiProperty({ type: 'string' })
  readonly description!: string;
  @ApiProperty({ type: 'string', description: 'How many charges the line sums up.' })
  readonly count!: string;
  @ApiProperty({ type: 'string' })
  readonly amount!: string;
}

export class InvoiceTaxLineBody {
  @ApiProperty({ type: 'string' })
  readonly code!: string;
  @ApiProperty({ type: 'string' })
  readonly net!: string;
  @ApiProperty({ type: 'string' })
  readonly payable!: string;
}

export class PriceBookReferenceBody {
  @ApiProperty({ type: 'string' })
  readonly stream!: string;
  @ApiProperty({ type: 'string' })
  readonly revision!: string;
}

export class InvoiceDocumentBody extends EventPlaceBody {
  @ApiProperty({ type: [InvoiceLineBody] })
  readonly lines!: readonly InvoiceLineBody[];
  @ApiProperty({ type: [InvoiceTaxLineBody] })
  readonly taxLines!: readonly InvoiceTaxLineBody[];
  @ApiProperty({ type: [PriceBookReferenceBody], description: 'Every price version that a line used.' })
  readonly priceBooks!: readonly PriceBookReferenceBody[];
}

export class InvoiceBody extends InvoiceSummaryBody {
  @ApiProperty({ type: 'string', example: '4.275', description: 'Exact sum of the charges, before the one rounding.' })
  readonly net!: string;
  @ApiProperty({ type: ChargesRangeBody, description: 'Where the charges stand: anybody can add them up again.' })
  readonly charges!: ChargesRangeBody;
  @ApiProperty({ type: EventPlaceBody, description: 'The event that closed the charges.' })
  readonly closed!: EventPlaceBody;
  @ApiProperty({ type: InvoiceDocumentBody, required: false, description: 'Absent until the invoice is issued.' })
  readonly document?: InvoiceDocumentBody;
  @ApiProperty({ type: 'string', description: 'Everything up to this position of the log is taken into account.' })
  readonly asOfPosition!: string;
}

/** What the provider sees of an invoice. */
export class PaidInvoiceBody extends InvoiceBody {
  @ApiProperty({ type: [SettlementViewBody], description: 'Payments on chain for this invoice with their transactions, final or not.' })
  readonly settlements!: readonly SettlementViewBody[];
}

export class InvoicePageBody {
  @ApiProperty({ type: [InvoiceSummaryBody] })
  readonly invoices!: readonly InvoiceSummaryBody[];
  @ApiProperty({ type: 'string', required: false, description: 'Pass it as `from` for the next page; absent on the last.' })
  readonly next?: string;
  @ApiProperty({ type: 'string', description: 'Everything up to this position of the log is taken into account.' })
  readonly asOfPosition!: string;
}
