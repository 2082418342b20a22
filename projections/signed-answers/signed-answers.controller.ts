import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { ChecksOwner, ForRoles, Principal } from '../../services/access/adapters/http/principal.decorator.ts';
import { type Principal as PrincipalOf, reaches } from '../../services/access/application/principal.ts';
import type { Json } from '../../services/event-store/domain/canonical-json.ts';
import { pathId } from '../../services/http/command-request.ts';
import { ProblemError } from '../../services/http/problem-error.ts';
import { LogQuery } from '../../services/integrity/application/log-query.ts';
import { bundledBalance } from '../../services/integrity/application/proof-bundles.ts';
import { type BalancePlace, ProvenBalances } from '../../services/integrity/application/proven-balances.ts';
import { type SignedAnswer, SignedAnswers } from '../../services/integrity/application/signed-answers.ts';
import { AccountBalancesQuery } from '../account-balances/account-balances.query.ts';
import { accounts } from '../accounts/accounts.projection.ts';
import { AccountsQuery } from '../accounts/accounts.query.ts';
import { books } from '../books/books.projection.ts';
import { position, type RawQuery, readQuery } from '../http/query-parameters.ts';
import { AfterQuery, QueryRoute } from '../http/query-route.decorator.ts';
import { ReadYourWrites } from '../http/read-your-writes.ts';
import { invoices } from '../invoices/invoices.projection.ts';
import { InvoicesQuery } from '../invoices/invoices.query.ts';
import { type ProvenPlacesBody, SignedBalancesBody, SignedInvoiceBody } from './signed-answers.bodies.ts';

/** Answers that can be held against the operator: signed as of a size of the log, with what is proven at the last commitment. */
@QueryRoute('proofs')
@ForRoles('provider', 'customer', 'auditor')
@Controller('v1')
export class SignedAnswersController {
  readonly #answers: SignedAnswers;
  readonly #proven: ProvenBalances;
  readonly #log: LogQuery;
  readonly #balances: AccountBalancesQuery;
  readonly #accounts: AccountsQuery;
  readonly #invoices: InvoicesQuery;
  readonly #writes: ReadYourWrites;

  constructor(
    @Inject(SignedAnswers) answers: SignedAnswers,
    @Inject(ProvenBalances) proven: ProvenBalances,
    @Inject(LogQuery) log: LogQuery,
    @Inject(AccountBalancesQuery) balances: AccountBalancesQuery,
    @Inject(AccountsQuery) accountsQuery: AccountsQuery,
    @Inject(InvoicesQuery) invoicesQuery: InvoicesQuery,
    @Inject(ReadYourWrites) writes: ReadYourWrites,
  ) {
    this.#answers = answers;
    this.#proven = proven;
    this.#log = log;
    this.#balances = balances;
    this.#accounts = accountsQuery;
    this.#invoices = invoicesQuery;
    this.#writes = writes;
  }

  @ApiOperation({ summary: "Shows an account's balances, signed, with the proof of those at the last commitment." })
  @Get('accounts/:account/balances/signed')
  @AfterQuery()
  @ApiOkResponse({ type: SignedBalancesBody })
  async balances(
    @Principal() { provider }: PrincipalOf,
    @Param('account') path: string,
    @Query() query: RawQuery,
  ): Promise<SignedBalancesBody> {
    const account = pathId(path, 'acc_', 'account_not_found');
    await this.#writes.passed(readQuery(query, { after: position }).after, accounts, books);
    const currency = await this.#accounts.currencyOf(provider, account);
    if (currency === undefined) throw new ProblemError('account_not_found', { account });
    const { ledgerAccounts, asOfPosition } = await this.#balances.find(provider, { account, currency });
    const balances = ledgerAccounts.map(({ ledgerAccount, balance }) => ({ account: ledgerAccount, balance, currency }));
    const current = await this.#signed(provider, { account, balances }, asOfPosition);
    const proven = await this.#provenPlaces(
      provider,
      ledgerAccounts.map(({ ledgerAccount }) => ({ account: ledgerAccount, currency })),
    );
    return { current, ...(proven !== undefined && { proven }) };
  }

  @ApiOperation({ summary: 'Shows an issued invoice and what is paid of it, signed, with the proof of the document.' })
  @Get('invoices/:invoice/signed')
  @ChecksOwner()
  @AfterQuery()
  @ApiOkResponse({ type: SignedInvoiceBody })
  async invoice(@Principal() principal: PrincipalOf, @Param('invoice') path: string, @Query() query: RawQuery): Promise<SignedInvoiceBody> {
    const { provider } = principal;
    const invoice = pathId(path, 'inv_', 'invoice_not_found');
    await this.#writes.passed(readQuery(query, { after: position }).after, invoices);
    const found = await this.#invoices.find(provider, invoice);
    if (found === undefined || !reaches(principal, found.detail.account)) throw new ProblemError('invoice_not_found', { invoice });
    const { account, currency, number, paid, total, document } = found.detail;
    if (document === undefined || number === undefined) throw new ProblemError('proof_not_available', {}, { 'retry-after': '1' });
    const current = await this.#signed(provider, { account, currency, invoice, number, paid, total }, found.asOfPosition);
    const leaf = await this.#log.find(provider, { event: document.eventId });
    const proof = leaf && (await this.#log.inclusion(provider, leaf));
    if (leaf === undefined || proof === undefined) return { current };
    const place = { index: leaf.index.toString(), size: proof.size.toString(), leafHash: leaf.hash.toString('hex'), entry: leaf.entry };
    return { current, proven: { ...place, proof: proof.path.map((hash) => hash.toString('hex')), checkpoint: proof.head.note } };
  }

  async #signed(provider: string, value: Json, asOfPosition: bigint): Promise<SignedAnswer> {
    const signed = await this.#answers.sign(provider, value, asOfPosition);
    if (signed === undefined) throw new ProblemError('proof_not_available', {}, { 'retry-after': '1' });
    return signed;
  }

  async #provenPlaces(provider: string, places: readonly BalancePlace[]): Promise<ProvenPlacesBody | undefined> {
    const found = await this.#proven.findAll(provider, places);
    const [first] = found ?? [];
    if (found === undefined || first === undefined) return undefined;
    return {
      uptoSize: first.uptoSize.toString(),
      committedIndex: first.committedIndex.toString(),
      stateRoot: Buffer.from(first.stateRoot, 'latin1').toString('hex'),
      balances: found.map((proven, at) => bundledBalance(places[at] as BalancePlace, proven)),
    };
  }
}
