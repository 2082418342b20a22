-- Why: whoever sends transactions keeps them, signed, before they are sent, and gives each nonce of a key away once. Anchors no longer
-- keep a transaction each, since one transaction may bring several; they say which one brought them, and what that cost.
-- Lock: exclusive on integrity_anchor and integrity_round, a few milliseconds whatever they hold: columns are only added and dropped.

-- One row for a nonce of a key.
create table chain_transaction (
  id uuid not null,
  chain_id text not null,
  address text not null,
  nonce bigint not null,
  -- What it is for, in the words of whoever asked.
  subject text not null,
  state text not null,
  -- Every signed version, newest last: the chain takes one of them, once.
  attempts jsonb not null,
  -- Where it was seen last, and what it cost there.
  tx text,
  block bigint,
  block_hash text,
  block_at timestamptz,
  outcome text,
  contract text,
  gas bigint,
  fee numeric(60, 0),
  constraint chain_transaction_pkey primary key (id),
  constraint chain_transaction_state check (state in ('signed', 'mined', 'final', 'overtaken')),
  constraint chain_transaction_is_signed check (jsonb_array_length(attempts) > 0),
  constraint chain_transaction_outcome check (outcome in ('succeeded', 'reverted', 'cancelled')),
  constraint chain_transaction_is_placed check (
    (state in ('mined', 'final')) = (tx is not null and block is not null and block_hash is not null and block_at is not null
      and outcome is not null and gas is not null and fee is not null)
  )
);
-- A nonce is given away once. What is final or overtaken stays out: a local chain that lost its state begins again at nonce 0.
create unique index chain_transaction_nonce on chain_transaction (chain_id, address, nonce) where state in ('signed', 'mined');
create index chain_transaction_final on chain_transaction (chain_id, address, nonce) where state = 'final';

alter table integrity_anchor
  drop column nonce,
  drop column fee_per_gas_max,
  drop column tip_per_gas,
  drop column raw_tx;

-- What a final transaction cost a log: its share, where one transaction brought several.
create table integrity_anchor_cost (
  chain_id text not null,
  tx text not null,
  log text not null,
  -- Of the block.
  at timestamptz not null,
  gas numeric(60, 0) not null,
  -- In wei.
  fee numeric(60, 0) not null,
  constraint integrity_anchor_cost_pkey primary key (chain_id, tx, log)
);
create index integrity_anchor_cost_at on integrity_anchor_cost (at);

-- Which chains a round is anchored on, as '<chain id> <contract>'; none for every chain of the log.
alter table integrity_round add column opened_for text[] not null default '{}';

-- What the anchorer last said of a log on a chain ('' for the log's rounds), so that any process can tell.
create table integrity_anchoring_status (
  log text not null,
  place text not null,
  state text not null,
  alarm text,
  message text,
  -- Since when the state and its alarm are these.
  since timestamptz not null,
  -- When the anchorer said so last: one that is gone says nothing new.
  told_at timestamptz not null,
  constraint integrity_anchoring_status_pkey primary key (log, place)
) with (fillfactor = 50);
