-- Why: the end of a mandate names no provider in its log, and the ledger has to hear of it all the same.
-- Lock: no log is written while the index is made: about a second for each hundred thousand.
create index settlement_watch_log_revoked on settlement_watch_log (chain_id, block_number, log_index)
  where state = 'seen' and provider_id is null and standing is null and log #>> '{log,name}' = 'MandateRevoked';
