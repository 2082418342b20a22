import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { Principal } from '../../services/access/adapters/http/principal.decorator.ts';
import type { Principal as PrincipalOf } from '../../services/access/application/principal.ts';
import { pathId } from '../../services/http/command-request.ts';
import { ProblemError } from '../../services/http/problem-error.ts';
import { AfterQuery, PageQuery, QueryRoute, TextQuery } from '../http/query-route.decorator.ts';
import { choice, id, limit, limitDefault, position, type RawQuery, readQuery } from '../http/query-parameters.ts';
import { ReadYourWrites } from '../http/read-your-writes.ts';
import { InvoicePageBody, PaidInvoiceBody } from './invoices.bodies.ts';
import { invoices } from './invoices.projection.ts';
import { InvoicesQuery, invoiceStatuses } from './invoices.query.ts';
import { settlements } from '../settlements/settlements.projection.ts';
import { SettlementsQuery } from '../settlements/settlements.query.ts';

/** An invoice is paid in instalments at the most: each is one payment on chain. */
const settlementsMax = 100;

@QueryRoute('invoices')
@Controller('v1/invoices')
export class InvoicesController {
  readonly #query: InvoicesQuery;
  readonly #settlements: SettlementsQuery;
  readonly #writes: ReadYourWrites;

  constructor(
    @Inject(InvoicesQuery) query: InvoicesQuery,
    @Inject(SettlementsQuery) settlementsQuery: SettlementsQuery,
    @Inject(ReadYourWrites) writes: ReadYourWrites,
  ) {
    this.#query = query;
    this.#settlements = settlementsQuery;
    this.#writes = writes;
  }

  @ApiOperation({ summary: 'Lists invoices, the newest first.' })
  @Get()
  @TextQuery('account', 'Only invoices of this account.')
  @TextQuery('status', `Only invoices in this status: ${invoiceStatuses.join(', ')}.`)
  @PageQuery('Key of the first invoice, as `next` of the page before names it.')
  @AfterQuery()
  @ApiOkResponse({ type: InvoicePageBody })
  async list(@Principal() { provider }: PrincipalOf, @Query() query: RawQuery): Promise<InvoicePageBody> {
    const parameters = { account: id('acc_'), status: choice(...invoiceStatuses), limit, from: position, after: position };
    const { account, status, from, limit: rows = limitDefault, after } = readQuery(query, parameters);
    await this.#writes.passed(after, invoices);
    const page = await this.#query.page(provider, { account, status, from, limit: rows });
    return {
      invoices: page.invoices,
      ...(page.next !== undefined && { next: page.next.toString() }),
      asOfPosition: page.asOfPosition.toString(),
    };
  }

  @ApiOperation({ summary: 'Shows an invoice with its document and the places in the log that prove it.' })
  @Get(':invoice')
  @AfterQuery()
  @ApiOkResponse({ type: PaidInvoiceBody })
  async show(@Principal() { provider }: PrincipalOf, @Param('invoice') path: string, @Query() query: RawQuery): Promise<PaidInvoiceBody> {
    const invoice = pathId(path, 'inv_', 'invoice_not_found');
    const { after } = readQuery(query, { after: position });
    await this.#writes.passed(after, invoices, settlements);
    const found = await this.#query.find(provider, invoice);
    if (found === undefined) throw new ProblemError('invoice_not_found', { invoice });
    const { settlements: payments } = await this.#settlements.page(provider, { invoice, limit: settlementsMax });
    return { ...found.detail, settlements: payments, asOfPosition: found.asOfPosition.toString() };
  }
}
