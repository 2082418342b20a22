import { accounts } from '../../projections/accounts/accounts.projection.ts';
import { books } from '../../projections/books/books.projection.ts';
import { commands } from '../../projections/commands/commands.projection.ts';
import { creditHoldings } from '../../projections/credit-holdings/credit-holdings.projection.ts';
import { entitlements } from '../../projections/entitlements/entitlements.projection.ts';
import { invoices } from '../../projections/invoices/invoices.projection.ts';
import { prepaidCredit } from '../../projections/prepaid-credit/prepaid-credit.projection.ts';
import { mandates } from '../../projections/mandates/mandates.projection.ts';
import { settlements } from '../../projections/settlements/settlements.projection.ts';
import { settlementDispatches } from '../../projections/settlement-dispatches/settlement-dispatches.projection.ts';
import { statements } from '../../projections/statements/statements.projection.ts';
import type { Projection } from '../read-store/projection.ts';

/** Every read model of this release. */
export const readModels: readonly Projection[] = [
  books,
  accounts,
  commands,
  entitlements,
  invoices,
  settlements,
  statements,
  settlementDispatches,
  prepaidCredit,
  creditHoldings,
  mandates,
];
