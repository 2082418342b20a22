-- Why: what the ledger has as final is taken back only by a decision, and the decision has to reach the ledger whatever ends in between.
-- Lock: nobody writes the table for a moment; no row is touched.
alter table settlement_watch_log
  -- Of what is lost: why it is taken back although it is final in the ledger; null where nobody decided that.
  add column reason text;
