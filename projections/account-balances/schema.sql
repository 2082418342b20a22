-- The fold of the log: per provider, place in the chart and currency, the sums of all debits and credits that any event posted.
-- 18 decimals hold every ledger scale; a fixed scale makes equal balances equal text, however replay was cut into batches.
create table if not exists account_balances_v1 (
  provider text collate "C" not null,
  ledger_account text collate "C" not null,
  currency text collate "C" not null,
  -- The customer's account in the name of the ledger account; null for the provider's own.
  account text collate "C",
  debits numeric(48, 18) not null,
  credits numeric(48, 18) not null,
  balance numeric(48, 18) not null generated always as (debits - credits) stored,
  -- Of the last event that posted here.
  position bigint not null,
  constraint account_balances_v1_pk primary key (provider, ledger_account, currency),
  constraint account_balances_v1_sums_are_not_negative check (debits >= 0 and credits >= 0)
) with (fillfactor = 60);

create index if not exists account_balances_v1_account on account_balances_v1 (provider, account) where account is not null;

-- The view is what readers name. A later version takes it over once it has caught up.
do $$ begin
  if to_regclass('account_balances') is null then
    create view account_balances as select * from account_balances_v1;
  end if;
end $$;
