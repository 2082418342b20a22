-- The customers' accounts: their terms, the revision of their stream and where they stand.
create table if not exists accounts_v1 (
  provider text collate "C" not null,
  account text collate "C" not null,
  billing text collate "C" not null,
  currency text collate "C" not null,
  credit_limit numeric(48, 18) not null,
  -- From the customer's point of view: the wallet is what the customer has, the others are what the customer owes.
  wallet numeric(48, 18) not null,
  unbilled numeric(48, 18) not null,
  receivable numeric(48, 18) not null,
  -- Of the last event in the account's stream.
  revision bigint not null,
  opened_at timestamptz not null,
  opened_position bigint not null,
  constraint accounts_v1_pk primary key (provider, account),
  constraint accounts_v1_billing check (billing in ('prepaid', 'postpaid'))
) with (fillfactor = 70);

-- The view is what readers name. A later version takes it over once it has caught up.
do $$ begin
  if to_regclass('accounts') is null then
    create view accounts as select * from accounts_v1;
  end if;
end $$;
