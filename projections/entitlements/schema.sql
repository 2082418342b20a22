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

-- The view is what readers name. A later version takes it over once it has caught up.
do $$ begin
  if to_regclass('entitlements') is null then
    create view entitlements as select * from entitlements_v1;
  end if;
end $$;
