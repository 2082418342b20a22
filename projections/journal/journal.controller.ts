import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { Principal } from '../../services/access/adapters/http/principal.decorator.ts';
import type { Principal as PrincipalOf } from '../../services/access/application/principal.ts';
import { books } from '../books/books.projection.ts';
import { AfterQuery, PageQuery, QueryRoute, TextQuery } from '../http/query-route.decorator.ts';
import { id, limit, limitDefault, position, type RawQuery, readQuery } from '../http/query-parameters.ts';
import { ReadYourWrites } from '../http/read-your-writes.ts';
import { journalKey, journalKeyText, journalStart } from './journal-key.ts';
import { type JournalLineBody, JournalPageBody, TrialBalanceBody } from './journal.bodies.ts';
import { type JournalLine, JournalQuery } from './journal.query.ts';
import { TrialBalanceQuery } from './trial-balance.query.ts';

@QueryRoute('journal')
@Controller('v1')
export class JournalController {
  readonly #journal: JournalQuery;
  readonly #trialBalance: TrialBalanceQuery;
  readonly #writes: ReadYourWrites;

  constructor(
    @Inject(JournalQuery) journalQuery: JournalQuery,
    @Inject(TrialBalanceQuery) trialBalance: TrialBalanceQuery,
    @Inject(ReadYourWrites) writes: ReadYourWrites,
  ) {
    this.#journal = journalQuery;
    this.#trialBalance = trialBalance;
    this.#writes = writes;
  }

  @ApiOperation({ summary: 'Lists the postings of all events in log order.' })
  @Get('journal')
  @TextQuery('account', "Only postings of this customer's account.")
  @TextQuery('ledgerAccount', 'Only postings to this ledger account, for example `revenue:voice-day`.')
  @PageQuery('Key of the first line: a position, or what `next` of the page before says.')
  @AfterQuery()
  @ApiOkResponse({ type: JournalPageBody })
  async list(@Principal() { provider }: PrincipalOf, @Query() query: RawQuery): Promise<JournalPageBody> {
    const parameters = { account: id('acc_'), ledgerAccount: ledgerAccountName, from: journalKey, limit, after: position };
    const { account, ledgerAccount, from = journalStart, limit: rows = limitDefault, after } = readQuery(query, parameters);
    await this.#writes.passed(after, books);
    const { lines, next, asOfPosition } = await this.#journal.page(provider, { account, ledgerAccount, from, limit: rows });
    return {
      lines: lines.map(bodyOf),
      ...(next !== undefined && { next: journalKeyText(next) }),
      asOfPosition: asOfPosition.toString(),
    };
  }

  @ApiOperation({ summary: 'Adds all postings up, now or up to a position of the log: zero per currency, always.' })
  @Get('trial-balance')
  @TextQuery('at', 'Position of the log, taken in; all there is when absent.')
  @AfterQuery()
  @ApiOkResponse({ type: TrialBalanceBody })
  async trialBalance(@Principal() { provider }: PrincipalOf, @Query() query: RawQuery): Promise<TrialBalanceBody> {
    const { at, after } = readQuery(query, { at: position, after: position });
    // What is asked for at a position must have been seen up to there.
    await this.#writes.passed(at !== undefined && at > (after ?? 0n) ? at : after, books);
    const { currencies, asOfPosition } = await this.#trialBalance.at(provider, at);
    return { currencies, asOfPosition: asOfPosition.toString() };
  }
}

const lengthMax = 256;

function ledgerAccountName(text: string): string | undefined {
  return /^[\x21-\x7e]+$/.test(text) && text.length <= lengthMax ? text : undefined;
}

function bodyOf({ key, eventId, type, ledgerAccount, direction, amount, currency, effectiveAt, recordedAt }: JournalLine): JournalLineBody {
  const { position: place, line } = key;
  return {
    position: place.toString(),
    line: line.toString(),
    eventId,
    type,
    ledgerAccount,
    direction,
    amount,
    currency,
    effectiveAt,
    at: recordedAt,
  };
}
