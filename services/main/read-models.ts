import { accountBalances } from '../../projections/account-balances/account-balances.projection.ts';
import { accounts } from '../../projections/accounts/accounts.projection.ts';
import { commands } from '../../projections/commands/commands.projection.ts';
import { entitlements } from '../../projections/entitlements/entitlements.projection.ts';
import { invoices } from '../../projections/invoices/invoices.projection.ts';
import { journal } from '../../projections/journal/journal.projection.ts';
import { statements } from '../../projections/statements/statements.projection.ts';
import type { Projection } from '../read-store/projection.ts';

/** Every read model of this release. */
export const readModels: readonly Projection[] = [accountBalances, accounts, commands, entitlements, invoices, journal, statements];
