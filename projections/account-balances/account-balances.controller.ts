import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { Principal } from '../../services/access/adapters/http/principal.decorator.ts';
import type { Principal as PrincipalOf } from '../../services/access/application/principal.ts';
import { pathId } from '../../services/http/command-request.ts';
import { ProblemError } from '../../services/http/problem-error.ts';
import type { Currency } from '../../services/money/currency.ts';
import { accounts } from '../accounts/accounts.projection.ts';
import { AccountsQuery } from '../accounts/accounts.query.ts';
import { books } from '../books/books.projection.ts';
import { AfterQuery, QueryRoute, TextQuery } from '../http/query-route.decorator.ts';
import { choice, position, type RawQuery, readQuery } from '../http/query-parameters.ts';
import { ReadYourWrites } from '../http/read-your-writes.ts';
import { type Moment, moment, statementRange } from '../statements/moment.ts';
import { statements } from '../statements/statements.projection.ts';
import { StatementsQuery } from '../statements/statements.query.ts';
import { AccountBalancesBody } from './account-balances.bodies.ts';
import { AccountBalancesQuery } from './account-balances.query.ts';

interface BalancesAsked {
  readonly provider: string;
  readonly account: string;
  readonly after: bigint | undefined;
}

@QueryRoute('accounts')
@Controller('v1/accounts/:account/balances')
export class AccountBalancesController {
  readonly #query: AccountBalancesQuery;
  readonly #statements: StatementsQuery;
  readonly #accounts: AccountsQuery;
  readonly #writes: ReadYourWrites;

  constructor(
    @Inject(AccountBalancesQuery) query: AccountBalancesQuery,
    @Inject(StatementsQuery) statementsQuery: StatementsQuery,
    @Inject(AccountsQuery) accountsQuery: AccountsQuery,
    @Inject(ReadYourWrites) writes: ReadYourWrites,
  ) {
    this.#query = query;
    this.#statements = statementsQuery;
    this.#accounts = accountsQuery;
    this.#writes = writes;
  }

  @ApiOperation({ summary: "Shows an account's balances, now or as they were at a day, an instant or a position of the log." })
  @Get()
  @TextQuery('at', 'As of the end of a day (`2026-01-31`, UTC), as of an instant (left out), or as of a position of the log (taken in).')
  @TextQuery('by', 'With `at`: which time counts, `recorded` (when absent) or `effective`.')
  @AfterQuery()
  @ApiOkResponse({ type: AccountBalancesBody })
  async show(
    @Principal() { provider }: PrincipalOf,
    @Param('account') path: string,
    @Query() query: RawQuery,
  ): Promise<AccountBalancesBody> {
    const account = pathId(path, 'acc_', 'account_not_found');
    const { at, by = 'recorded', after } = readQuery(query, { at: moment, by: choice('recorded', 'effective'), after: position });
    const asked = { provider, account, after };
    return at === undefined ? this.#now(asked) : this.#at(asked, at, by);
  }

  async #now(asked: BalancesAsked): Promise<AccountBalancesBody> {
    const { provider, account, after } = asked;
    await this.#writes.passed(after, accounts, books);
    const currency = await this.#currencyOf(asked);
    const { balances, ledgerAccounts, asOfPosition } = await this.#query.find(provider, { account, currency });
    return { account, currency, balances, ledgerAccounts, asOfPosition: asOfPosition.toString() };
  }

  async #at(asked: BalancesAsked, at: Moment, by: 'recorded' | 'effective'): Promise<AccountBalancesBody> {
    const { provider, account, after } = asked;
    const range = statementRange({ to: at, by });
    if (range === undefined) throw new TypeError('One bound cannot mix two kinds.');
    // What is asked for at a position must have been seen up to there.
    const needed = at.kind === 'position' && at.position > (after ?? 0n) ? at.position : after;
    await this.#writes.passed(needed, accounts, statements);
    const currency = await this.#currencyOf(asked);
    const { closing, asOfPosition } = await this.#statements.closing(provider, { account, currency, range });
    return { account, currency, balances: closing, asOfPosition: asOfPosition.toString() };
  }

  async #currencyOf({ provider, account }: BalancesAsked): Promise<Currency> {
    const currency = await this.#accounts.currencyOf(provider, account);
    if (currency === undefined) throw new ProblemError('account_not_found', { account });
    return currency;
  }
}
