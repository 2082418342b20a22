-- Why: snapshots of long streams, so that a process that does not know an aggregate yet need not fold all of its events. They are never
-- needed: any row may be deleted at any time, and one that does not fit its stream is not used.
-- Lock: none that anybody can wait for; the table is new. Takes a few milliseconds.
create table aggregate_snapshot (
  stream text collate "C" not null,
  -- Of the aggregate's code.
  version integer not null,
  -- The last event that is in it, where that stood in which store, and its leaf hash.
  revision bigint not null,
  store_id text not null,
  position bigint not null,
  leaf text not null,
  -- The state and the commands that the aggregate remembers.
  body text not null,
  -- Over all of the above: tells a damaged row.
  digest text not null,
  taken_at timestamptz not null default now(),
  constraint aggregate_snapshot_pkey primary key (stream, version, revision)
);
