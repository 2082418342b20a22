-- Every command that wrote: which body it had and where its events stand. Answers repeats that the aggregates no longer remember.
create table if not exists commands_v1 (
  -- UUIDv5 of provider, principal and key; text, because it is written as the event's metadata has it.
  command_id text collate "C" not null,
  provider text collate "C" not null,
  fingerprint text collate "C" not null,
  stream text collate "C" not null,
  first_revision bigint not null,
  last_revision bigint not null,
  -- Of the last event.
  position bigint not null,
  constraint commands_v1_pk primary key (command_id, provider),
  constraint commands_v1_revisions_are_in_order check (first_revision between 0 and last_revision)
);

-- The view is what readers name. A later version takes it over once it has caught up.
do $$ begin
  if to_regclass('commands') is null then
    create view commands as select * from commands_v1;
  end if;
end $$;
