-- To find the lines of one ledger account. By hash: the names are long, and they would make the index cost more than the table.
create index if not exists journal_v1_ledger_account on journal_v1 (hashtextextended(provider || ' ' || ledger_account, 0), position);
