import type { Projection } from '../services/read-store/projection.ts';
import { accountBalances } from './account-balances/account-balances.projection.ts';
import { accounts } from './accounts/accounts.projection.ts';
import { commands } from './commands/commands.projection.ts';
import { entitlements } from './entitlements/entitlements.projection.ts';
import { invoices } from './invoices/invoices.projection.ts';
import { journal } from './journal/journal.projection.ts';
import { statements } from './statements/statements.projection.ts';

/** Every read model, each to be kept up to date by a runner of its own. */
export const projections: readonly Projection[] = [accountBalances, accounts, commands, entitlements, invoices, journal, statements];
