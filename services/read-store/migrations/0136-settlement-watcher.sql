-- Why: the watcher remembers how far it has read the contracts of settlement on each chain, what it saw there, and what of that the ledger
-- was told. Checkpoint, observation and what has to be told are written in one transaction, so a crash anywhere goes on where it was.
-- Lock: none that anybody waits for; the tables are new.

-- One row for each contract. The blocks up to `finalized` are there for good, those up to `observed` were seen.
create table settlement_watch_cursor (
  chain_id text not null,
  contract text not null,
  module text not null,
  -- Whose prepaid credit it is; null for contracts of all providers.
  provider_id numeric(20, 0),
  observed_number bigint not null,
  observed_hash text not null,
  finalized_number bigint not null,
  finalized_hash text not null,
  -- EXTCODEHASH that the contract has to keep; null until it was looked at.
  code_hash text,
  constraint settlement_watch_cursor_pkey primary key (chain_id, contract),
  constraint settlement_watch_cursor_order check (finalized_number <= observed_number)
) with (fillfactor = 50);

-- Every block between the two, by which a reorganisation is walked back.
create table settlement_watch_block (
  chain_id text not null,
  contract text not null,
  number bigint not null,
  hash text not null,
  constraint settlement_watch_block_pkey primary key (chain_id, contract, number)
);

-- One row for each observation: a log in a block. The same log in the same block, once the chain came back to it, is another row.
create table settlement_watch_log (
  id bigint generated always as identity,
  chain_id text not null,
  contract text not null,
  -- Null for a log that names no provider: it stays here.
  provider_id numeric(20, 0),
  effect text not null,
  key text not null,
  block_number bigint not null,
  block_hash text not null,
  tx text not null,
  log_index integer not null,
  -- What the ledger is told.
  log jsonb not null,
  -- `lost`: its block is not on the chain any more, and the ledger has to hear of it.
  state text not null default 'seen',
  -- What the ledger answered last.
  standing text,
  constraint settlement_watch_log_pkey primary key (id),
  constraint settlement_watch_log_state check (state in ('seen', 'lost', 'undone')),
  constraint settlement_watch_log_standing check (standing in ('observed', 'confirmed', 'finalized', 'ignored'))
);
create unique index settlement_watch_log_place on settlement_watch_log (chain_id, block_hash, tx, log_index, coalesce(provider_id, -1))
  where state = 'seen';
-- What the contracts can do once is seen once.
create unique index settlement_watch_log_once on settlement_watch_log (chain_id, contract, coalesce(provider_id, -1), effect, key)
  where state = 'seen';
create index settlement_watch_log_block on settlement_watch_log (chain_id, block_number, log_index) where state = 'seen';
-- What the ledger has not heard the end of.
create index settlement_watch_log_untold on settlement_watch_log (chain_id, block_number, log_index)
  where state = 'lost' or (state = 'seen' and provider_id is not null and (standing is null or standing in ('observed', 'confirmed')));
-- Closed slots by word of 256.
create index settlement_watch_log_slot on settlement_watch_log (chain_id, contract, provider_id, (div(key::numeric, 256)))
  where state = 'seen' and effect = 'slot';

-- Words of slots that are held against the contract.
create table settlement_watch_word (
  chain_id text not null,
  contract text not null,
  provider_id numeric(20, 0) not null,
  word bigint not null,
  -- A log closed a slot of it, or an observation of that was lost, since it was compared.
  is_touched boolean not null default false,
  -- Every slot was closed when it was compared.
  is_full boolean not null default false,
  compared_at timestamptz not null default '-infinity',
  constraint settlement_watch_word_pkey primary key (chain_id, contract, provider_id, word)
);
create index settlement_watch_word_touched on settlement_watch_word (chain_id) where is_touched;

-- What the watcher last said of a chain, so that any process can tell.
create table settlement_watch_status (
  chain_id text not null,
  state text not null,
  alarm text,
  message text,
  -- True while the final checkpoint waits for nodes to agree.
  is_delayed boolean not null,
  nodes jsonb not null,
  -- Since when the state and its alarm are these.
  since timestamptz not null,
  -- When the watcher said so last: one that is gone says nothing new.
  told_at timestamptz not null,
  constraint settlement_watch_status_pkey primary key (chain_id)
) with (fillfactor = 50);
