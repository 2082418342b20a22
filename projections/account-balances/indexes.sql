-- To find a balance by the key under which it stands in the map that the log commits to. The expression is SHA-256(`ledger-key/1` ||
-- u32be(length) || ledger account || u32be(length) || currency); doubling each backslash makes the cast take every byte as it is.
create index if not exists account_balances_v1_state_key on account_balances_v1 (
  provider,
  sha256(
    'ledger-key/1'::bytea
      || int4send(octet_length(ledger_account)) || replace(ledger_account, '\', '\\')::bytea
      || int4send(octet_length(currency)) || replace(currency, '\', '\\')::bytea
  )
);
