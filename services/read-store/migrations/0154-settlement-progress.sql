-- Why: that a chain does not hold what the books say, and that nobody could compare the two, are different things, and both have to be told:
-- of each comparison it is kept when it was made last, and by when the next one has to be. And where coins went is read block by block, in
-- many looks after a long absence; how far that is survives a restart.
-- Lock: none that anybody waits for; the tables are new.

create table settlement_comparison (
  -- A chain, by its id; `credit` for the prepaid credit of all chains.
  what text not null,
  -- Null where it was never made.
  compared_at timestamptz,
  tried_at timestamptz not null,
  -- Later than this it is overdue.
  due_by timestamptz not null,
  -- Why it could not be made last; null where it was.
  failure text,
  constraint settlement_comparison_pkey primary key (what)
);

create table settlement_watch_reading (
  chain_id text not null,
  from_number bigint not null,
  -- Of the last block of the range: another one is another reading.
  to_hash text not null,
  next_number bigint not null,
  -- Transactions of watched addresses that were found before it.
  found jsonb not null,
  constraint settlement_watch_reading_pkey primary key (chain_id)
);
