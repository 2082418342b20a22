import { Module } from '@nestjs/common';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { AssignNumbersHandler } from './application/assign-numbers.handler.ts';
import { InvoicingProcess } from './application/invoicing.process.ts';
import { IssueInvoiceHandler } from './application/issue-invoice.handler.ts';

@Module({
  imports: [CqrsModule],
  providers: [
    AssignNumbersHandler,
    IssueInvoiceHandler,
    { provide: InvoicingProcess, useFactory: (bus: CommandBus) => new InvoicingProcess(bus), inject: [CommandBus] },
  ],
  exports: [InvoicingProcess],
})
export class InvoicingModule {}
