import { Controller, Get, Header, Inject, Param, Query, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiProperty, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Public } from '../../../access/adapters/http/principal.decorator.ts';
import { bearerToken } from '../../../http/bearer-token.ts';
import { ProblemResponse } from '../../../http/problem-response.decorator.ts';
import { ProblemError } from '../../../http/problem-error.ts';
import { ENTRY_PUBLICITY, type EntryPublicity } from '../../application/entry-publicity.ts';
import { earlierKey } from '../../application/incarnations.ts';
import type { LeafName } from '../../application/leaf-store.ts';
import { type InclusionProof, LogQuery } from '../../application/log-query.ts';
import { PAYLOAD_ACCESS, type PayloadAccess } from '../../application/payload-access.ts';
import { tlogProofText } from '../../domain/tlog-proof.ts';

export class InclusionProofBody {
  @ApiProperty({ type: 'string', description: 'Place of the leaf in the log.' })
  readonly index!: string;
  @ApiProperty({ type: 'string', description: 'Leaves of the tree that the proof is in: the signed head’s, or as asked.' })
  readonly size!: string;
  @ApiProperty({ type: 'string', description: 'SHA-256(0x00 || entry), hex.' })
  readonly leafHash!: string;
  @ApiProperty({
    type: 'string',
    required: false,
    description: 'The exact envelope that is hashed. Left out where the provider keeps entries to holders of a token, and none was sent.',
  })
  readonly entry?: string;
  @ApiProperty({ type: [String], description: 'From the leaf’s sibling up, hex (RFC 9162, 2.1.3).' })
  readonly proof!: readonly string[];
  @ApiProperty({ type: 'string', required: false, description: 'The signed tree head (C2SP checkpoint), where the proof is in its tree.' })
  readonly checkpoint?: string;
}

export class ConsistencyProofBody {
  @ApiProperty({ type: 'string' })
  readonly from!: string;
  @ApiProperty({ type: 'string' })
  readonly to!: string;
  @ApiProperty({ type: [String], description: 'Hex (RFC 9162, 2.1.4).' })
  readonly proof!: readonly string[];
}

const incarnation = {
  name: 'incarnation',
  required: false,
  description: 'Number of an earlier log that this one goes on with; the newest one when absent.',
} as const;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const slugPattern = /^[a-z0-9]{2,20}$/;
const sizeMax = 2n ** 63n - 1n;

/** Proofs that an entry is in a log and that a log only grew. As public as the tree itself. */
@ApiTags('proofs')
@ProblemResponse(400, 'A query parameter is wrong, or a size is not one that the log has had.')
@ProblemResponse(404, 'There is no such log or entry, or no published tree head covers it yet.')
@ProblemResponse(503, 'The ledger cannot be reached; repeat after the seconds of Retry-After.')
@Public()
@Controller('v1/logs/:slug/proofs')
export class ProofsController {
  readonly #query: LogQuery;
  readonly #entries: EntryPublicity;
  readonly #access: PayloadAccess;

  constructor(
    @Inject(LogQuery) query: LogQuery,
    @Inject(ENTRY_PUBLICITY) entries: EntryPublicity,
    @Inject(PAYLOAD_ACCESS) access: PayloadAccess,
  ) {
    this.#query = query;
    this.#entries = entries;
    this.#access = access;
  }

  @ApiOperation({ summary: 'Proves that an event is in the log, by its id or by its place in a stream.' })
  @Get('inclusion')
  @ApiQuery({ name: 'event', required: false, description: 'Event id.' })
  @ApiQuery(incarnation)
  @ApiQuery({ name: 'stream', required: false, description: 'With `revision`, instead of `event`.' })
  @ApiQuery({ name: 'revision', required: false })
  @ApiQuery({ name: 'size', required: false, description: 'Proves in the tree of so many leaves, for example that of an anchor.' })
  @ApiOkResponse({ type: InclusionProofBody })
  async inclusion(
    @Param('slug') slug: string,
    @Query() query: Readonly<Record<string, unknown>>,
    @Req() { headers }: FastifyRequest,
  ): Promise<InclusionProofBody> {
    const { leaf, head, size, path } = await this.#prove(slug, query, query['size']);
    const isShown = (await this.#entries.arePublic(slug)) || (await this.#access.mayRead(bearerToken(headers.authorization), slug));
    return {
      index: leaf.index.toString(),
      size: size.toString(),
      leafHash: leaf.hash.toString('hex'),
      ...(isShown && { entry: leaf.entry }),
      proof: path.map((hash) => hash.toString('hex')),
      ...(size === head.size && { checkpoint: head.note }),
    };
  }

  @ApiOperation({ summary: 'The same proof as a C2SP `tlog-proof`, for tools that know no other form.' })
  @Get('tlog-proof')
  @Header('content-type', 'text/plain; charset=utf-8')
  @ApiQuery({ name: 'event', required: false, description: 'Event id.' })
  @ApiQuery(incarnation)
  @ApiQuery({ name: 'stream', required: false, description: 'With `revision`, instead of `event`.' })
  @ApiQuery({ name: 'revision', required: false })
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  async tlogProof(@Param('slug') slug: string, @Query() query: Readonly<Record<string, unknown>>): Promise<string> {
    const log = logOf(slug, query);
    const leaf = found(await this.#query.find(log, leafName(query)));
    const { head, path } = available(await this.#query.cosignedInclusion(log, leaf));
    return tlogProofText({ index: leaf.index, path, note: head.note });
  }

  @ApiOperation({ summary: 'Proves that the log of size `to` extends the one of size `from`.' })
  @Get('consistency')
  @ApiQuery({ name: 'from' })
  @ApiQuery({ name: 'to' })
  @ApiQuery(incarnation)
  @ApiOkResponse({ type: ConsistencyProofBody })
  async consistency(@Param('slug') slug: string, @Query() query: Readonly<Record<string, unknown>>): Promise<ConsistencyProofBody> {
    const [first, last] = [sizeOf(query['from'], 'from'), sizeOf(query['to'], 'to')];
    const log = logOf(slug, query);
    const head = await this.#query.head(log);
    if (head === undefined) throw new ProblemError('log_not_found');
    if (first === 0n || first > last || last > head.size) throw new ProblemError('query_invalid', { size: head.size.toString() });
    const proof = await this.#query.consistency(log, first, last);
    return { from: first.toString(), to: last.toString(), proof: proof.map((hash) => hash.toString('hex')) };
  }

  async #prove(slug: string, query: Readonly<Record<string, unknown>>, sizeAsked?: unknown): Promise<InclusionProof> {
    const size = sizeAsked === undefined ? undefined : sizeOf(sizeAsked, 'size');
    const log = logOf(slug, query);
    const { leaf, proof } = found(await this.#query.findProven(log, leafName(query), size));
    if (size !== undefined && size <= leaf.index)
      throw new ProblemError('query_invalid', { errors: [{ field: 'size', code: 'parameter_malformed' }] });
    return available(proof);
  }
}

function found<Found>(leaf: Found | undefined): Found {
  if (leaf === undefined) throw new ProblemError('log_entry_not_found');
  return leaf;
}

function available(proof: InclusionProof | undefined): InclusionProof {
  if (proof === undefined) throw new ProblemError('proof_not_available', {}, { 'retry-after': '1' });
  return proof;
}

function leafName({ event, stream, revision }: Readonly<Record<string, unknown>>): LeafName {
  if (typeof event === 'string' && uuid.test(event)) return { event };
  // A stream that something wrote behind the port may have any name that the store can hold.
  const at = wholeNumberOf(revision);
  if (event === undefined && typeof stream === 'string' && !stream.includes('\0') && at !== undefined) return { stream, revision: at };
  throw new ProblemError('query_invalid', { errors: [{ field: 'event', code: 'parameter_malformed' }] });
}

function sizeOf(text: unknown, field: string): bigint {
  const size = wholeNumberOf(text);
  if (size === undefined) throw new ProblemError('query_invalid', { errors: [{ field, code: 'parameter_malformed' }] });
  return size;
}

function wholeNumberOf(text: unknown): bigint | undefined {
  if (typeof text !== 'string' || !/^(0|[1-9][0-9]{0,18})$/.test(text)) return undefined;
  const number = BigInt(text);
  return number <= sizeMax ? number : undefined;
}

/** The log, or the one of this number that it goes on with. */
function logOf(slug: string, { incarnation: number }: Readonly<Record<string, unknown>>): string {
  if (!slugPattern.test(slug)) throw new ProblemError('log_not_found');
  if (number === undefined) return slug;
  if (typeof number === 'string' && /^[1-9][0-9]{0,3}$/.test(number)) return earlierKey(slug, Number(number));
  throw new ProblemError('query_invalid', { errors: [{ field: 'incarnation', code: 'parameter_malformed' }] });
}
