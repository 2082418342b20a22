-- Why: each provider's Merkle log: its leaves in order, the tiles of its tree, and the head that was signed last. Everything but the
-- signed head can be derived again from the event store; the head must never go back, whatever happens to the rest.
-- Lock: none that anybody can wait for; the tables are new. Takes a few milliseconds.

-- What discovery found in the event store, so that a start need not read all of it.
create table integrity_log (
  slug text not null,
  origin text not null,
  genesis_hash text not null,
  vkey text not null,
  genesis_position bigint not null,
  -- The policy in force: JSON as the last policy leaf has it.
  policy text not null,
  constraint integrity_log_pkey primary key (slug)
);

create table integrity_discovery (
  store_id text not null,
  position bigint not null,
  constraint integrity_discovery_pkey primary key (store_id)
);

-- The right edge of each tree. Moves in the transaction that writes the leaves, and only from the size that its writer knew.
create table integrity_tree (
  log text not null,
  store_id text not null,
  -- Everything of the event store up to here is in the tree or is no leaf of it.
  position bigint not null,
  size bigint not null,
  -- Compact range: 32 bytes for each bit that is set in size, largest subtree first.
  range bytea not null,
  constraint integrity_tree_pkey primary key (log),
  constraint integrity_tree_size_is_not_negative check (size >= 0)
) with (fillfactor = 50);

create table integrity_leaf (
  log text not null,
  leaf_index bigint not null,
  -- Where the event stood in the event store when it became a leaf.
  store_position bigint not null,
  stream text not null,
  revision bigint not null,
  -- Not unique: an id that somebody wrote twice behind the port is a finding of the verifier, not a halt.
  event_id uuid not null,
  leaf_hash bytea not null,
  -- The exact bytes that are hashed; always ASCII.
  entry text not null,
  constraint integrity_leaf_pkey primary key (log, leaf_index),
  -- No event becomes a leaf twice. The event store allows one event per place, so this can refuse none.
  constraint integrity_leaf_place_is_unique unique (stream, revision, log)
);
create index integrity_leaf_event_id on integrity_leaf (event_id);

-- Tile `tile_index` of a level with the hashes it has by now, 32 bytes each. A narrower version of a tile is its beginning.
create table integrity_tile (
  log text not null,
  level smallint not null,
  tile_index bigint not null,
  hashes bytea not null,
  constraint integrity_tile_pkey primary key (log, level, tile_index),
  constraint integrity_tile_width check (octet_length(hashes) between 32 and 8192 and octet_length(hashes) % 32 = 0)
);
-- Hashes do not compress; trying costs more than the rest of the write.
alter table integrity_tile alter column hashes set storage external;

-- Persist before signing: (size, root) moves by compare-and-swap before the head is signed; what is shown is what was signed.
create table integrity_head (
  log text not null,
  size bigint not null,
  root bytea not null,
  published_size bigint not null,
  published_root bytea not null,
  -- Signed C2SP checkpoint of the published head; empty before the first.
  note text not null,
  constraint integrity_head_pkey primary key (log),
  constraint integrity_head_is_not_behind_its_note check (published_size <= size)
) with (fillfactor = 50);
