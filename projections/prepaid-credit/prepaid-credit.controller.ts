import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { ForRoles, Principal } from '../../services/access/adapters/http/principal.decorator.ts';
import type { Principal as PrincipalOf } from '../../services/access/application/principal.ts';
import { pathId } from '../../services/http/command-request.ts';
import { ProblemError } from '../../services/http/problem-error.ts';
import { type Currency } from '../../services/money/currency.ts';
import { amountText } from '../../services/money/money.ts';
import { endOfEpoch, epochOf, isExpired } from '../../services/settlement/domain/credit-epoch.ts';
import { tokenMoney } from '../../services/settlement/domain/token-amount.ts';
import { accounts } from '../accounts/accounts.projection.ts';
import { AccountsQuery } from '../accounts/accounts.query.ts';
import { AfterQuery, QueryRoute } from '../http/query-route.decorator.ts';
import { position, type RawQuery, readQuery } from '../http/query-parameters.ts';
import { ReadYourWrites } from '../http/read-your-writes.ts';
import { creditHoldings } from '../credit-holdings/credit-holdings.projection.ts';
import type { CreditEntry } from './held-credit.ts';
import { AccountCreditBody, type CreditLotBody, type HeldCreditBody } from './prepaid-credit.bodies.ts';
import { prepaidCredit } from './prepaid-credit.projection.ts';
import { type AccountCredit, PrepaidCreditQuery } from './prepaid-credit.query.ts';

@QueryRoute('accounts')
@ForRoles('provider', 'customer')
@Controller('v1/accounts/:account/credit')
export class PrepaidCreditController {
  readonly #query: PrepaidCreditQuery;
  readonly #accounts: AccountsQuery;
  readonly #writes: ReadYourWrites;

  constructor(
    @Inject(PrepaidCreditQuery) query: PrepaidCreditQuery,
    @Inject(AccountsQuery) accountsQuery: AccountsQuery,
    @Inject(ReadYourWrites) writes: ReadYourWrites,
  ) {
    this.#query = query;
    this.#accounts = accountsQuery;
    this.#writes = writes;
  }

  @ApiOperation({ summary: "Shows a customer's prepaid credit as the ledger has it: what is final on its chain." })
  @Get()
  @AfterQuery()
  @ApiOkResponse({ type: AccountCreditBody })
  async show(@Principal() { provider }: PrincipalOf, @Param('account') path: string, @Query() query: RawQuery): Promise<AccountCreditBody> {
    const account = pathId(path, 'acc_', 'account_not_found');
    const { after } = readQuery(query, { after: position });
    await this.#writes.passed(after, accounts, prepaidCredit, creditHoldings);
    if ((await this.#accounts.currencyOf(provider, account)) === undefined) throw new ProblemError('account_not_found', { account });
    const { credit, asOfPosition } = await this.#query.ofAccount(provider, account);
    const now = new Date().toISOString();
    return { account, credit: credit.map((each) => heldBody(each, now)), asOfPosition: asOfPosition.toString() };
  }
}

function heldBody({ token: { chainId, contract, currency, decimals }, holder, moved, held }: AccountCredit, now: string): HeldCreditBody {
  const text = (units: bigint) => amountText(tokenMoney(units.toString(), { address: contract, currency: currency as Currency, decimals }));
  const sumOf = (name: CreditEntry['name']) => text(moved.get(name) ?? 0n);
  const lots = [...held].map(([epoch, units]): CreditLotBody => {
    return { amount: text(units), until: endOfEpoch(epoch), state: stateOf(epoch, now) };
  });
  const spendable = [...held].reduce((sum, [epoch, units]) => (epoch >= epochOf(now) ? sum + units : sum), 0n);
  return {
    ...{ chainId, contract, holder, currency, balance: text(spendable) },
    ...{
      issued: sumOf('CreditIssued'),
      redeemed: sumOf('CreditRedeemed'),
      expired: sumOf('CreditExpired'),
      refunded: sumOf('CreditRefunded'),
    },
    lots,
  };
}

function stateOf(epoch: number, now: string): string {
  if (epoch >= epochOf(now)) return 'spendable';
  return isExpired(epoch, now) ? 'over' : 'grace';
}
