-- One row an invoice, from the moment in which its account gave up the charges. The document follows; what is paid may come before it.
create table if not exists invoices_v1 (
  provider text collate "C" not null,
  invoice text collate "C" not null,
  account text collate "C" not null,
  series text collate "C" not null,
  currency text collate "C" not null,
  -- Exact sum of the charges, and what is to be paid after the one rounding.
  net numeric(48, 18) not null,
  total numeric(48, 18) not null,
  paid numeric(48, 18) not null default 0,
  due_on date not null,
  -- Revisions of the account's stream that hold the charges, both inclusive.
  charges_stream text collate "C" not null,
  charges_from_revision bigint not null,
  charges_to_revision bigint not null,
  closed_at timestamptz not null,
  closed_position bigint not null,
  closed_event_id uuid not null,
  -- Null until the series has given a number.
  number text collate "C",
  -- Null until the document exists.
  issued_at timestamptz,
  issued_position bigint,
  issued_event_id uuid,
  lines jsonb,
  tax_lines jsonb,
  price_books jsonb,
  open numeric(48, 18) not null generated always as (total - paid) stored,
  status text collate "C" not null generated always as (
    case
      when issued_at is null then 'closing'
      when paid = total then 'paid'
      when paid > 0 then 'partially_paid'
      else 'issued'
    end
  ) stored,
  constraint invoices_v1_pk primary key (provider, invoice),
  constraint invoices_v1_is_paid_within_its_total check (paid between 0 and total),
  constraint invoices_v1_document_is_whole check (
    num_nulls(issued_at, issued_position, issued_event_id, lines, tax_lines, price_books) in (0, 6)
    and (issued_at is null or number is not null)
  )
) with (fillfactor = 70);

create unique index if not exists invoices_v1_number on invoices_v1 (provider, series, number);
create index if not exists invoices_v1_account on invoices_v1 (provider, account, closed_position);
create index if not exists invoices_v1_order on invoices_v1 (provider, closed_position);

-- The view is what readers name. A later version takes it over once it has caught up.
do $$ begin
  if to_regclass('invoices') is null then
    create view invoices as select * from invoices_v1;
  end if;
end $$;
