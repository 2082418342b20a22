-- Why: a coin leaves no log. What treasuries and refunders have of it is kept from one final block to the next, so that what nothing accounts
-- for is found. Balances of a block that is not final yet are kept too, for nodes that do not know the state of older blocks.
-- Lock: none that anybody waits for; the table is new.
create table settlement_watch_balance (
  chain_id text not null,
  holder text not null,
  -- After this block. The rows of the native coin's checkpoint are what the next comparison begins with; later ones wait to become final.
  number bigint not null,
  hash text not null,
  units numeric(78, 0) not null,
  constraint settlement_watch_balance_pkey primary key (chain_id, holder, number)
);
