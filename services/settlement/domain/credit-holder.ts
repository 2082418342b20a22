import type { Aggregate } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, repeated } from '../../commands/domain/decision.ts';
import { type CreditHolderEvent, creditHolderEvents } from './credit.events.ts';

/** Whose prepaid credit lies under an address. */
export interface CreditHolder {
  /** In the order in which credit was first bought for them; empty for an address that the ledger gave nothing to. */
  readonly accounts: readonly string[];
  readonly revisions: readonly bigint[];
}

/** The accounts of a holder that a credit can be of, as its currency is theirs. */
export type HoldingAccounts = Pick<CreditHolder, 'accounts'>;

export const creditHolder: Aggregate<CreditHolder, CreditHolderEvent> = {
  initial: { accounts: [], revisions: [] },
  evolve: ({ accounts, revisions }, { event, revision }) => ({
    accounts: [...accounts, event.data.account],
    revisions: [...revisions, revision],
  }),
  events: creditHolderEvents,
};

/** Written before anything is issued to the address, so that every redemption finds whose it is. */
export function nameCreditHolder(
  state: CreditHolder,
  { holder, account }: { readonly holder: string; readonly account: string },
): Decision<CreditHolderEvent, never> {
  const known = state.revisions[state.accounts.indexOf(account)];
  return known === undefined ? accept({ type: 'CreditHolderNamed/1', data: { holder, account } }) : repeated(known);
}
