-- The mandates of an account and how they stand, so that nobody has to remember an id. What a mandate allows is decided from its stream.
create table if not exists mandates_v1 (
  provider text collate "C" not null,
  -- Its digest on chain.
  mandate text collate "C" not null,
  account text collate "C" not null,
  chain_id text collate "C" not null,
  contract text collate "C" not null,
  -- The token's code in the money table.
  currency text collate "C" not null,
  -- As the payer signs them.
  terms jsonb not null,
  status text collate "C" not null,
  offered_at timestamptz not null,
  -- Of the offer.
  position bigint not null,
  constraint mandates_v1_pk primary key (provider, mandate),
  constraint mandates_v1_status check (status in ('offered', 'agreed', 'revoked'))
);
create index if not exists mandates_v1_account on mandates_v1 (provider, account, position desc);
-- A contract that ends one names nothing else.
create index if not exists mandates_v1_mandate on mandates_v1 (mandate);

-- The view is what readers name. A later version takes it over once it has caught up.
do $$ begin
  if to_regclass('mandates') is null then
    create view mandates as select * from mandates_v1;
  end if;
end $$;
