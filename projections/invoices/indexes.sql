-- To find an invoice by what is printed on it, whatever its series.
create index if not exists invoices_v1_printed_number on invoices_v1 (provider, number) where number is not null;
