-- Why: the only way to write an event. One call is one flush of many commands, each of another stream: two arrays hold one element
-- per command (expectation -1 means that the stream must be new), five hold one element per event, whose command counts from 1.
-- Answers one row per command: ok, conflict (with the stream's revision) or deleted. Rows that conflict leave their neighbours alone.
-- Lock: none that anybody can wait for; the function is new. A call holds the head row until its transaction commits.
-- Isolation: read committed. The lock and the work are two statements, so that the work sees all that the last holder committed.
-- Plan: keep `lateral ... limit 1`. With a plain join, a plan cached while the table was empty scans all streams.

create function event_store.append_events(
  streams text[],
  expectations bigint[],
  event_commands int[],
  event_ids uuid[],
  event_types text[],
  event_data text[],
  event_metadata text[]
) returns table (
  command bigint,
  outcome text,
  revision bigint,
  position_last bigint
)
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, event_store, pg_temp
as $$
#variable_conflict use_column
declare
  base bigint;
  step integer;
begin
  select head.position_last, head.stride into strict base, step
    from event_log_head as head
    where head.id = 1
    for update;

  return query
  with asked as (
    select asked.*,
        coalesce(known.revision, -1) as revision_now,
        coalesce(known.sealed, false) as sealed
      from unnest(streams, expectations) with ordinality as asked (stream, expected, command)
      left join lateral (
        select event_stream.revision, event_stream.sealed
          from event_stream
          where event_stream.name = asked.stream
          limit 1
      ) as known on true
  ), passed as (
    select *
      from asked
      where not sealed and revision_now = expected
  ), placed as (
    select passed.stream,
        passed.command,
        proposed.id,
        proposed.type,
        proposed.data,
        proposed.metadata,
        passed.revision_now + row_number() over (partition by proposed.command order by proposed.place) as revision,
        base + step * row_number() over (order by proposed.place) as position
      from unnest(event_commands, event_ids, event_types, event_data, event_metadata)
        with ordinality as proposed (command, id, type, data, metadata, place)
      join passed on passed.command = proposed.command
  ), ended as (
    select command, stream, max(revision) as revision, max(position) as position
      from placed
      group by command, stream
  ), moved as (
    insert into event_stream (name, revision)
      select stream, revision
        from ended
      on conflict (name) do update set revision = excluded.revision
  ), written as (
    insert into event_log (position, stream, revision, event_id, event_type, data, metadata)
      select position, stream, revision, id, type, data, metadata
        from placed
  ), moved_head as (
    update event_log_head
      set position_last = coalesce((select max(position) from ended), base)
      where id = 1
  )
  select asked.command,
      case when ended.command is not null then 'ok' when asked.sealed then 'deleted' else 'conflict' end,
      coalesce(ended.revision, asked.revision_now),
      ended.position
    from asked
    left join ended on ended.command = asked.command;
end
$$;

revoke all on function event_store.append_events(text[], bigint[], int[], uuid[], text[], text[], text[]) from public;
