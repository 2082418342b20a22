-- Why: a chain that contradicted what was final of it is not followed again by itself, also not by a process that starts later. Who let it
-- go on, and why, stays.
-- Lock: none that anybody waits for; the table is new.
create table settlement_watch_halt (
  id bigint generated always as identity,
  chain_id text not null,
  code text not null,
  message text not null,
  raised_at timestamptz not null,
  -- Null while it stands.
  lifted_at timestamptz,
  lifted_by text,
  reason text,
  constraint settlement_watch_halt_pkey primary key (id),
  constraint settlement_watch_halt_lifted check (
    (lifted_at is null and lifted_by is null and reason is null) or (lifted_at is not null and lifted_by <> '' and reason <> '')
  )
);
-- One stands for a chain at most.
create unique index settlement_watch_halt_standing on settlement_watch_halt (chain_id) where lifted_at is null;
