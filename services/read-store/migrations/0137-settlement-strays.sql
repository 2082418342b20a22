-- Why: transfers past the contracts are told from ours by transaction, to and from addresses that logs of the registry name.
-- Lock: no log is written while the indexes are made: about a second for each hundred thousand.
create index settlement_watch_log_name on settlement_watch_log (chain_id, (log #>> '{log,name}')) where state = 'seen';
create index settlement_watch_log_tx on settlement_watch_log (chain_id, tx) where state = 'seen';
