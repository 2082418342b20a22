-- Why: that an order came to nothing may be said only once nothing can be signed for it any more, by whichever process. Whoever says so takes the
-- id of the transaction first: a row without a nonce and without bytes, which keeps the id from everybody else.
-- Lock: exclusive on chain_transaction while its rows are read once for the new constraints; nothing is rewritten.

alter table chain_transaction
  alter column nonce drop not null,
  -- Why nothing is signed under the id, in the words of whoever gave it up.
  add column reason text,
  drop constraint chain_transaction_state,
  drop constraint chain_transaction_is_signed,
  add constraint chain_transaction_state check (state in ('signed', 'mined', 'final', 'overtaken', 'given-up')),
  add constraint chain_transaction_is_signed check (
    (state <> 'given-up') = (nonce is not null and jsonb_array_length(attempts) > 0 and reason is null)
  ),
  add constraint chain_transaction_is_given_up check (state <> 'given-up' or (jsonb_array_length(attempts) = 0 and reason is not null));
