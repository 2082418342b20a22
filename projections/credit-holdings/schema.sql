-- What each account has of the prepaid credit under an address: one row for what one effect did to one account's credit of one month.
create table if not exists credit_holdings_v1 (
  provider text collate "C" not null,
  chain_id text collate "C" not null,
  contract text collate "C" not null,
  holder text collate "C" not null,
  -- Of the event in the stream of the address, and which of its changes.
  revision bigint not null,
  ordinal integer not null,
  -- Null for what is nobody's.
  account text collate "C",
  -- Of the log. What is taken back of an effect that is gone has its name, and the other sign.
  name text collate "C" not null,
  -- Months since January 2020, the last in which it can be spent.
  epoch integer not null,
  -- In units of the token.
  units numeric(40) not null,
  constraint credit_holdings_v1_pk primary key (provider, chain_id, contract, holder, revision, ordinal)
);

create index if not exists credit_holdings_v1_account on credit_holdings_v1 (provider, account) where account is not null;

-- The view is what readers name. A later version takes it over once it has caught up.
do $$ begin
  if to_regclass('credit_holdings') is null then
    create view credit_holdings as select * from credit_holdings_v1;
  end if;
end $$;
