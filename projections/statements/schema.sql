-- What happened to a customer's account: one row an event, with what it moved in the wallet, the unbilled charges and the receivable.
create table if not exists statement_movements_v1 (
  provider text collate "C" not null,
  account text collate "C" not null,
  position bigint not null,
  event_id uuid not null,
  type text collate "C" not null,
  recorded_at timestamptz not null,
  effective_at timestamptz not null,
  currency text collate "C" not null,
  -- Signed, from the customer's point of view: the wallet is what the customer has, the others are what the customer owes.
  wallet numeric(48, 18) not null,
  unbilled numeric(48, 18) not null,
  receivable numeric(48, 18) not null,
  -- What the customer reads; the text of the event itself.
  description text not null,
  -- The invoice, payment, purchase or event that the row is about; null where it stands for itself.
  reference text,
  constraint statement_movements_v1_pk primary key (provider, account, position)
);

-- The view is what readers name. A later version takes it over once it has caught up.
do $$ begin
  if to_regclass('statement_movements') is null then
    create view statement_movements as select * from statement_movements_v1;
  end if;
end $$;
