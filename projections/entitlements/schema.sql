-- Titles that an account may watch, by purchase. A grant ends by itself when its window does; a reversal of the purchase withdraws it.
create table if not exists entitlements_v1 (
  provider text collate "C" not null,
  account text collate "C" not null,
  -- Revision of the purchase or the grant in the account's stream: what its end names.
  revision bigint not null,
  purchase text collate "C" not null,
  title text collate "C" not null,
  title_name text not null,
  -- Half-open: from is in, until is out.
  valid_from timestamptz not null,
  valid_until timestamptz not null,
  position bigint not null,
  -- Null while nobody took the purchase back.
  withdrawn_at timestamptz,
  constraint entitlements_v1_pk primary key (provider, account, revision),
  constraint entitlements_v1_window check (valid_from < valid_until)
);

-- What an account is told of titles that it may not watch any more, though it had bought them.
create table if not exists title_notices_v1 (
  provider text collate "C" not null,
  account text collate "C" not null,
  -- Of the event that took the title back, which is unique in the log.
  position bigint not null,
  title text collate "C" not null,
  title_name text not null,
  purchase text collate "C" not null,
  reason text not null,
  amount numeric not null,
  currency text collate "C" not null,
  -- Where the money goes: wallet, bill or chain.
  returned_to text collate "C" not null,
  recorded_at timestamptz not null,
  constraint title_notices_v1_pk primary key (provider, account, position)
);

-- Whoever bought a title that is called off.
create index if not exists entitlements_v1_title on entitlements_v1 (provider, title);

-- The view is what readers name. A later version takes it over once it has caught up.
do $$ begin
  if to_regclass('entitlements') is null then
    create view entitlements as select * from entitlements_v1;
  end if;
  if to_regclass('title_notices') is null then
    create view title_notices as select * from title_notices_v1;
  end if;
end $$;
