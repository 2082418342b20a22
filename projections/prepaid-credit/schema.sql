-- What the tokens of prepaid credit did, one row an effect, in units of the token. Every row changes the supply; what is observed may still go.
create table if not exists prepaid_credit_effects_v1 (
  provider text collate "C" not null,
  -- What follows `settlement-` in the name of the stream.
  settlement text collate "C" not null,
  chain_id text collate "C" not null,
  contract text collate "C" not null,
  name text collate "C" not null,
  holder text collate "C" not null,
  -- Null for what is nobody's.
  account text collate "C",
  -- Above zero for what was given out, below for what was taken.
  units numeric(40) not null,
  standing text collate "C" not null,
  block_number numeric(20) not null,
  block_hash text collate "C" not null,
  block_time timestamptz not null,
  log_index numeric(20) not null,
  -- Months since January 2020, the last in which it can be spent; null for what names none.
  epoch integer,
  constraint prepaid_credit_effects_v1_pk primary key (provider, settlement),
  constraint prepaid_credit_effects_v1_standing check (standing in ('observed', 'final', 'reorged'))
);

create index if not exists prepaid_credit_effects_v1_pending on prepaid_credit_effects_v1 (chain_id, contract) where standing = 'observed';
create index if not exists prepaid_credit_effects_v1_holder on prepaid_credit_effects_v1 (provider, holder);
create index if not exists prepaid_credit_effects_v1_account on prepaid_credit_effects_v1 (provider, account) where account is not null;

-- The tokens themselves.
create table if not exists prepaid_credit_tokens_v1 (
  provider text collate "C" not null,
  chain_id text collate "C" not null,
  contract text collate "C" not null,
  currency text collate "C" not null,
  decimals smallint not null,
  constraint prepaid_credit_tokens_v1_pk primary key (provider, chain_id, contract)
);

-- The views are what readers name. A later version takes them over once it has caught up.
do $$ begin
  if to_regclass('prepaid_credit_effects') is null then
    create view prepaid_credit_effects as select * from prepaid_credit_effects_v1;
  end if;
  if to_regclass('prepaid_credit_tokens') is null then
    create view prepaid_credit_tokens as select * from prepaid_credit_tokens_v1;
  end if;
end $$;
