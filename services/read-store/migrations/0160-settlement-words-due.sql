-- Why: every word that a slot was given out in is compared once a day, a few in each look: which wait longest is asked at every look, and must
-- not take a walk over all of them.
-- Lock: SHARE on settlement_watch_word; a watcher at work waits while the index is made, under a second for a million words.

create index settlement_watch_word_due on settlement_watch_word (chain_id, compared_at, contract, provider_id, word)
  where not is_touched and not is_full;
