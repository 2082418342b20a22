-- Why: the log of events itself, in commit order. One head row is lock and counter at once: whoever holds it appends, and commit,
-- position and visibility order are one, however many processes append.
-- Lock: none that anybody can wait for; everything here is new. Takes a few milliseconds.
-- Runs as the owner of schema event_store. The service's role may execute append_events and read, nothing else (services/read-store/migrate.ts grants it).

create table event_store.event_log_head (
  id smallint not null,
  position_last bigint not null,
  stride integer not null default 1,
  store_id uuid not null default gen_random_uuid(),
  constraint event_log_head_pkey primary key (id),
  constraint event_log_head_is_one_row check (id = 1),
  constraint event_log_head_stride_is_positive check (stride > 0)
) with (fillfactor = 10);

comment on column event_store.event_log_head.stride is 'Distance of neighbouring positions. 1, except in tests that prove nobody adds one to a position.';
comment on column event_store.event_log_head.store_id is 'Identity of this log. A checkpoint taken on another store is refused.';

insert into event_store.event_log_head (id, position_last) values (1, 0);

create table event_store.event_stream (
  name text collate "C" not null,
  revision bigint not null,
  sealed boolean not null default false,
  constraint event_stream_pkey primary key (name)
) with (fillfactor = 70);

comment on column event_store.event_stream.sealed is 'True for a stream that takes no further events. Nothing in the service sets it.';

create table event_store.event_log (
  position bigint not null,
  stream text collate "C" not null,
  revision bigint not null,
  event_id uuid not null,
  event_type text not null,
  data text not null,
  metadata text,
  created_at timestamptz not null default clock_timestamp(),
  constraint event_log_pkey primary key (position),
  constraint event_log_one_event_per_revision unique (stream, revision)
);

comment on column event_store.event_log.data is 'Canonical JSON, byte for byte as it was hashed into the Merkle log; hence text and not jsonb.';
comment on column event_store.event_log.metadata is 'Canonical JSON, or null for an event without metadata.';

create function event_store.refuse_change_of_event_log() returns trigger
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'event_log is append-only: % is refused', tg_op using errcode = 'restrict_violation';
end
$$;

create trigger event_log_is_append_only
  before update or delete or truncate on event_store.event_log
  for each statement
  execute function event_store.refuse_change_of_event_log();
