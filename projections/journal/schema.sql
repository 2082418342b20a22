-- Double entry, line by line: one row a posting, in log order. Rows are only ever added.
create table if not exists journal_v1 (
  provider text collate "C" not null,
  position bigint not null,
  -- Place of the posting in its event, from 0.
  line integer not null,
  event_id uuid not null,
  type text collate "C" not null,
  ledger_account text collate "C" not null,
  direction text collate "C" not null,
  amount numeric(48, 18) not null,
  currency text collate "C" not null,
  effective_at timestamptz not null,
  recorded_at timestamptz not null,
  constraint journal_v1_pk primary key (provider, position, line),
  constraint journal_v1_direction check (direction in ('debit', 'credit')),
  constraint journal_v1_amount_is_positive check (amount > 0)
);

-- The view is what readers name. A later version takes it over once it has caught up.
do $$ begin
  if to_regclass('journal') is null then
    create view journal as select * from journal_v1;
  end if;
end $$;
