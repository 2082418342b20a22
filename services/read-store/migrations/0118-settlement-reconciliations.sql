-- Why: what chains hold is compared with the books, daily and for prepaid credit all the time. What was compared, and with what result, is
-- kept for auditors.
-- Lock: none that anybody waits for; the tables are new.

create table settlement_reconciliation (
  id bigint generated always as identity,
  provider text not null,
  subject text not null,
  -- Null for prepaid credit, which the books hold for all chains together.
  chain_id text,
  currency text not null,
  -- The states of chains that were looked at, each by number and hash.
  blocks jsonb not null,
  -- At the ledger scale of the currency.
  on_chain numeric not null,
  opening numeric not null,
  in_ledger numeric not null,
  in_flight numeric not null,
  at timestamptz not null,
  constraint settlement_reconciliation_pkey primary key (id)
);
create index settlement_reconciliation_of on settlement_reconciliation (provider, id desc);
create index settlement_reconciliation_latest on settlement_reconciliation (provider, subject, coalesce(chain_id, ''), currency, id desc);

-- What an address had of a token before the ledger began to count, in units.
create table settlement_opening_balance (
  chain_id text not null,
  token text not null,
  holder text not null,
  units numeric(78, 0) not null,
  constraint settlement_opening_balance_pkey primary key (chain_id, token, holder)
);
