-- Why: personal data lie here and not in the log, encrypted under a key for each person. Whoever destroys the key makes them unreadable,
-- and the log keeps nothing but commitments. Not derived from anything: a lost row cannot be made again.
-- Lock: none that anybody can wait for; the tables are new. Takes a few milliseconds.

create table personal_data_key (
  provider text collate "C" not null,
  subject text collate "C" not null,
  -- Of the key outside this database under which the person's key is wrapped. Absent once it is destroyed.
  wrapping_key text,
  -- 12 bytes of nonce, 32 of the encrypted key, 16 of the tag. Absent once it is destroyed.
  wrapped_key bytea,
  created_at timestamptz not null default now(),
  -- The row stays, so that nobody gives the person another key.
  destroyed_at timestamptz,
  constraint personal_data_key_pkey primary key (provider, subject),
  constraint personal_data_key_is_there_or_destroyed check (
    (wrapped_key is null) = (destroyed_at is not null) and (wrapping_key is null) = (wrapped_key is null)
  )
);

create table personal_data (
  event_id uuid not null,
  subject text collate "C" not null,
  provider text collate "C" not null,
  -- Where the event is written next; a row whose event never came there is an orphan.
  stream text collate "C" not null,
  nonce bytea not null,
  -- Salt and canonical data, and the tag.
  sealed bytea not null,
  -- When a writer needed the row last; an orphan is swept a day later.
  kept_at timestamptz not null default now(),
  -- The event was seen in its stream: the row is no orphan.
  is_written boolean not null default false,
  constraint personal_data_pkey primary key (event_id, subject),
  constraint personal_data_key_fkey foreign key (provider, subject) references personal_data_key (provider, subject),
  constraint personal_data_nonce check (octet_length(nonce) = 12)
);
create index personal_data_subject on personal_data (provider, subject);
create index personal_data_unwritten on personal_data (kept_at) where not is_written;
