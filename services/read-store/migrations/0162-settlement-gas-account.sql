-- Why: what payers order is counted by the account that it is for as well, so that one of them cannot use up the day of all.
-- Lock: the table is held while the column is added, which takes no longer than a few milliseconds however many rows there are. What was
-- counted before belongs to no account, and is out of every count a day later.
alter table settlement_gas_cost add column account text;
