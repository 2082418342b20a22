-- Why: how far each read model has come. Rows and checkpoint commit in one transaction; the store id ties the checkpoint to one log.
-- Lock: none that anybody can wait for; the table is new. Takes a few milliseconds.

create table projection_checkpoint (
  name text not null,
  version integer not null,
  store_id uuid not null,
  position bigint not null,
  moved_at timestamptz not null default now(),
  constraint projection_checkpoint_pkey primary key (name, version),
  constraint projection_checkpoint_position_is_not_negative check (position >= 0)
) with (fillfactor = 50);
