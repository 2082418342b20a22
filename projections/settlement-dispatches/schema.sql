-- What was ordered to be brought onto a chain, and how it stands. Work is found here and never decided: the streams say what is.
create table if not exists settlement_dispatches_v1 (
  provider text collate "C" not null,
  id text collate "C" not null,
  operation text not null,
  chain_id text not null,
  status text not null,
  -- Of the last order.
  ordered_at timestamptz not null,
  ordered_position bigint not null,
  tx text,
  -- Why nothing came of it, as its event says.
  failure jsonb,
  position bigint not null,
  constraint settlement_dispatches_v1_pk primary key (provider, id),
  constraint settlement_dispatches_v1_status check (status in ('sending', 'done', 'failed'))
);
create index if not exists settlement_dispatches_v1_open on settlement_dispatches_v1 (chain_id, ordered_position) where status = 'sending';
create index if not exists settlement_dispatches_v1_uncollected on settlement_dispatches_v1 (ordered_position)
  where operation = 'collect' and status = 'failed';
create index if not exists settlement_dispatches_v1_done on settlement_dispatches_v1 (ordered_at) where status = 'done';

-- The view is what readers name. A later version takes it over once it has caught up.
do $$ begin
  if to_regclass('settlement_dispatches') is null then
    create view settlement_dispatches as select * from settlement_dispatches_v1;
  end if;
end $$;
