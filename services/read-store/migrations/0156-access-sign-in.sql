-- Why: a wallet signs in by a nonce that is good once, in whichever process it is used; nothing in the log says that it is out.
-- Lock: none but on the new table.
create table access_sign_in (
  link       text not null,
  nonce      text not null,
  domain     text not null,
  address    text not null,
  uri        text not null,
  chain_id   text not null,
  issued_at  timestamptz not null,
  expires_at timestamptz not null,
  constraint access_sign_in_key primary key (link, nonce)
);
create index access_sign_in_expires on access_sign_in (expires_at);
