-- Why: rounds commit balances into each log and anchor its tree on a chain. The balances are derived from the log, as of the last
-- commitment; rounds and anchors are not: they are how a crash at any point goes on, and what a signed transaction was.
-- Lock: none that anybody can wait for; the tables are new. Takes a few milliseconds.

-- How far a log is folded into balances: always the state that the last StateCommitted leaf commits to.
create table integrity_fold (
  log text not null,
  -- The fold is over the leaves below this size.
  size bigint not null,
  -- Root of the map of balances.
  state_root bytea not null,
  -- Revision of the StateCommitted leaf in `<log>.log-0`.
  committed_revision bigint not null,
  constraint integrity_fold_pkey primary key (log)
) with (fillfactor = 50);

create table integrity_balance (
  log text not null,
  account text not null,
  currency text not null,
  -- Debits minus credits, at the currency's ledger scale.
  balance numeric(60, 0) not null,
  -- The last leaf that posts to it.
  leaf_index bigint not null,
  constraint integrity_balance_pkey primary key (log, account, currency)
) with (fillfactor = 70);
create index integrity_balance_leaf on integrity_balance (log, leaf_index);

-- Everything ever posted, at the currency's ledger scale.
create table integrity_turnover (
  log text not null,
  currency text not null,
  debits numeric(60, 0) not null,
  credits numeric(60, 0) not null,
  constraint integrity_turnover_pkey primary key (log, currency)
) with (fillfactor = 50);

-- A round that is not covered is taken up again where it stands.
create table integrity_round (
  log text not null,
  number bigint not null,
  opened_at timestamptz not null,
  -- What the round commits to: the leaves below this size.
  upto_size bigint not null,
  state text not null,
  -- The finalised block that the round's TimeTicked names; kept before the leaf is written. Absent where there is no newer one.
  tick_chain_id text,
  tick_block bigint,
  tick_block_hash text,
  committed_revision bigint,
  -- The first signed head that covers the commitment: what is anchored.
  head_size bigint,
  head_root bytea,
  constraint integrity_round_pkey primary key (log, number),
  constraint integrity_round_state check (state in ('opened', 'ticked', 'committed', 'covered')),
  constraint integrity_round_is_committed check ((committed_revision is null) = (state in ('opened', 'ticked'))),
  constraint integrity_round_is_covered check ((head_size is null) = (state <> 'covered') and (head_root is null) = (head_size is null))
);

-- One row for a size of a log in a contract, written before its transaction is sent.
create table integrity_anchor (
  log text not null,
  chain_id text not null,
  contract text not null,
  log_id text not null,
  size bigint not null,
  root bytea not null,
  state text not null,
  -- The transaction that was sent last. Any earlier one for this size does the same, or nothing.
  old_size bigint not null,
  tx text not null,
  raw_tx text not null,
  nonce bigint not null,
  fee_per_gas_max numeric(60, 0) not null,
  tip_per_gas numeric(60, 0) not null,
  signed_at timestamptz not null,
  -- No block before this one can hold it.
  search_from bigint not null,
  -- Where it was seen last.
  seq bigint,
  block bigint,
  block_hash text,
  constraint integrity_anchor_pkey primary key (log, chain_id, contract, size),
  constraint integrity_anchor_state check (state in ('submitted', 'included', 'safe', 'finalised', 'dropped', 'superseded')),
  constraint integrity_anchor_is_placed check (state not in ('included', 'safe', 'finalised') or (seq is not null and block is not null and block_hash is not null))
);
