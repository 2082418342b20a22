-- Why: whoever sends transactions for settlement says what they cost, by operation and provider, and stops before a provider's allowance of
-- relayed gas is used up. It is counted per transaction: at the most it may cost while it is under way, then at what it did cost.
-- Lock: none on what exists.

create table settlement_gas_cost (
  -- Of chain_transaction; kept for good, which those are not.
  transaction uuid not null,
  provider text not null,
  chain_id text not null,
  operation text not null,
  -- Of the block once it is final.
  at timestamptz not null,
  gas numeric(60, 0) not null,
  -- In wei.
  fee numeric(60, 0) not null,
  is_final boolean not null,
  constraint settlement_gas_cost_pkey primary key (transaction)
);
create index settlement_gas_cost_at on settlement_gas_cost (provider, at);
