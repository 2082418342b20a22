-- Effects of contracts on chain, one row a business effect, as far as each has come. A payment that came back in another block is one row.
create table if not exists settlements_v1 (
  provider text collate "C" not null,
  -- What follows `settlement-` in the name of the stream.
  settlement text collate "C" not null,
  chain_id text collate "C" not null,
  contract text collate "C" not null,
  effect text collate "C" not null,
  key text collate "C" not null,
  -- Of the log, for example `Settled`.
  name text collate "C" not null,
  standing text collate "C" not null,
  block_number numeric not null,
  block_hash text collate "C" not null,
  block_time timestamptz not null,
  tx text collate "C" not null,
  log_index text collate "C" not null,
  -- Address of the token that moved, and the event on chain that it is about; null where there is none.
  token_address text collate "C",
  event_id text collate "C",
  -- Whose payment it is; null for what moves no customer's money, and while nobody knows.
  slot text collate "C",
  account text collate "C",
  purpose text collate "C",
  invoice text collate "C",
  amount numeric,
  currency text collate "C",
  -- What moved in the token.
  token text collate "C",
  token_amount numeric,
  payer text collate "C",
  -- Why nobody was found for it.
  reason text collate "C",
  observed_at timestamptz not null,
  -- Of the last event.
  changed_at timestamptz not null,
  position bigint not null,
  constraint settlements_v1_pk primary key (provider, settlement),
  constraint settlements_v1_standing check (standing in ('observed', 'confirmed', 'finalized', 'reorged', 'unmatched', 'allocated', 'moved')),
  constraint settlements_v1_amount check ((amount is null) = (currency is null)),
  constraint settlements_v1_token check (token_amount is null or token is not null)
);

create index if not exists settlements_v1_position on settlements_v1 (provider, position desc);
create index if not exists settlements_v1_event on settlements_v1 (provider, contract, event_id) where event_id is not null;
create index if not exists settlements_v1_opened on settlements_v1 (provider, contract, event_id) where name = 'EventOpened';
create index if not exists settlements_v1_invoice on settlements_v1 (provider, invoice) where invoice is not null;
create index if not exists settlements_v1_tx on settlements_v1 (tx);

-- The view is what readers name. A later version takes it over once it has caught up.
do $$ begin
  if to_regclass('settlements') is null then
    create view settlements as select * from settlements_v1;
  end if;
end $$;
