-- Why: a slot that was paid with prepaid credit is closed for that holder, too; its number is found before it is given out again.
-- Lock: no log is written while the index is made: about a second for each hundred thousand.
create index settlement_watch_log_redeemed on settlement_watch_log (provider_id, (split_part(key, '.', 2)))
  where state = 'seen' and effect = 'redeem';
