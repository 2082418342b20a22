import { Controller, Get, Header, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiSecurity } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AlsoPublic, ForRoles, MaybePrincipal } from '../../services/access/adapters/http/principal.decorator.ts';
import type { Principal } from '../../services/access/application/principal.ts';
import { partsOf } from '../../services/event-store/domain/stream-name.ts';
import { ProblemError } from '../../services/http/problem-error.ts';
import { EntryExports } from '../../services/integrity/application/entry-exports.ts';
import { LogEntries, type LogEntry } from '../../services/integrity/application/log-entries.ts';
import type { LeafRow } from '../../services/integrity/application/leaf-store.ts';
import { position, type RawQuery, readQuery } from '../http/query-parameters.ts';
import { AfterQuery, QueryRoute } from '../http/query-route.decorator.ts';
import { ReadYourWrites } from '../http/read-your-writes.ts';
import type { InvoiceBody } from '../invoices/invoices.bodies.ts';
import { invoices } from '../invoices/invoices.projection.ts';
import { InvoicesQuery } from '../invoices/invoices.query.ts';
import { EntryBody, EntryFileBody } from './entry.bodies.ts';
import { anchorBodyOf, entrySummaryOf, envelopeOf, type FieldsOf } from './found-body.ts';
import { type LogReading, LogReadings } from './log-readings.ts';

/** Shows an entry with everything that proves it, as public as the log; what it commits to, to those who may read payloads. */
@QueryRoute('logs')
@ApiSecurity({})
@AlsoPublic()
@ForRoles('provider', 'auditor')
@Controller('v1/logs/:slug/entries/:index')
export class LogEntriesController {
  readonly #entries: LogEntries;
  readonly #readings: LogReadings;
  readonly #exports: EntryExports;
  readonly #invoices: InvoicesQuery;
  readonly #writes: ReadYourWrites;

  constructor(
    @Inject(LogEntries) entries: LogEntries,
    @Inject(LogReadings) readings: LogReadings,
    @Inject(EntryExports) exports: EntryExports,
    @Inject(InvoicesQuery) invoicesQuery: InvoicesQuery,
    @Inject(ReadYourWrites) writes: ReadYourWrites,
  ) {
    this.#entries = entries;
    this.#readings = readings;
    this.#exports = exports;
    this.#invoices = invoicesQuery;
    this.#writes = writes;
  }

  @ApiOperation({ summary: 'Shows an entry of a log: envelope, proof, root, anchors, neighbours, and the stored event as raw JSON.' })
  @Get()
  @Header('cache-control', 'no-store')
  @ApiParam({ name: 'index', description: 'Place of the leaf in the log.', schema: { type: 'string' } })
  @AfterQuery()
  @ApiOkResponse({ type: EntryBody })
  async show(
    @MaybePrincipal() principal: Principal | undefined,
    @Param('slug') slug: string,
    @Param('index') index: string,
    @Query() query: RawQuery,
  ): Promise<EntryBody> {
    const reading = await this.#readings.of(slug, principal);
    const { after } = readQuery(query, { after: position });
    await this.#writes.passed(after, invoices);
    const found = await this.#find(slug, index, reading);
    const invoice = reading.payloads ? await this.#invoiceOf(slug, found.leaf) : undefined;
    return { ...entryBodyOf(slug, found), ...(invoice !== undefined && { invoice }) };
  }

  @ApiOperation({ summary: 'Hands over an entry with what proves it offline, as one JSON document.' })
  @Get('export')
  @ApiParam({ name: 'index', description: 'Place of the leaf in the log.', schema: { type: 'string' } })
  @ApiOkResponse({ type: EntryFileBody })
  async export(
    @MaybePrincipal() principal: Principal | undefined,
    @Param('slug') slug: string,
    @Param('index') index: string,
    @Query() query: RawQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EntryFileBody> {
    const reading = await this.#readings.of(slug, principal);
    readQuery(query, {});
    const { leaf, head } = await this.#find(slug, index, reading);
    const { payloads } = reading;
    const [log, entries] = [await this.#exports.log(slug, head), await this.#exports.entries(slug, [leaf], head, { payloads })];
    reply.headers({ 'cache-control': 'no-store', 'content-disposition': `attachment; filename="${slug}-entry-${leaf.index}.json"` });
    return { ...log, entries };
  }

  /** A leaf that the log says about itself is as public as its heads, also where entries are not; what stands around it is not. */
  async #find(slug: string, index: string, { entries, payloads }: LogReading): Promise<LogEntry> {
    const at = position(index);
    const found = at === undefined ? 'not found' : await this.#entries.find(slug, at, { payloads });
    if (found === 'not found') throw new ProblemError('log_entry_not_found');
    if (found === 'not covered') throw new ProblemError('proof_not_available', {}, { 'retry-after': '1' });
    if (entries) return found;
    if (found.event === 'withheld') throw new ProblemError('unauthenticated', {}, { 'www-authenticate': 'Bearer' });
    return { ...found, previous: undefined, next: undefined };
  }

  async #invoiceOf(log: string, { stream }: LeafRow): Promise<InvoiceBody | undefined> {
    const parts = partsOf(stream);
    const found = parts?.kind === 'invoice' ? await this.#invoices.find(log, parts.id) : undefined;
    return found && { ...found.detail, asOfPosition: found.asOfPosition.toString() };
  }
}

function entryBodyOf(log: string, { leaf, head, path, anchors, event, previous, next }: LogEntry): FieldsOf<EntryBody> {
  return {
    ...entrySummaryOf(log, leaf),
    entry: leaf.entry,
    envelope: envelopeOf(leaf),
    size: head.size.toString(),
    root: head.root.toString('hex'),
    proof: hexOf(path),
    checkpoint: head.note,
    anchors: anchors.map(({ anchor, path: way }) => ({ ...anchorBodyOf(anchor), proof: hexOf(way) })),
    payload: typeof event === 'string' ? event : 'shown',
    ...(typeof event !== 'string' && {
      event: {
        ...{ id: event.id, stream: event.stream, revision: event.revision.toString(), type: event.type, data: event.data },
        ...(event.metadata !== undefined && { metadata: event.metadata }),
      },
    }),
    ...(previous !== undefined && { previous: entrySummaryOf(log, previous) }),
    ...(next !== undefined && { next: entrySummaryOf(log, next) }),
  };
}

function hexOf(path: readonly Buffer[]): string[] {
  return path.map((hash) => hash.toString('hex'));
}
