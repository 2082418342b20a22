-- Why: heads that were shown to witnesses, with their cosignatures, so that every process that answers for a log serves the same. They
-- cannot be derived again: a witness says when it looked.
-- Lock: none that anybody can wait for; the tables are new. Takes a few milliseconds.

create table integrity_witnessed_head (
  log text not null,
  size bigint not null,
  root bytea not null,
  -- C2SP checkpoint, signed by the log alone.
  note text not null,
  -- When it was first shown to witnesses, by the clock of the database.
  offered_at timestamptz not null,
  constraint integrity_witnessed_head_pkey primary key (log, size)
);

create table integrity_cosignature (
  log text not null,
  size bigint not null,
  -- Public key of the witness, C2SP text form.
  witness text not null,
  -- Signature line, new line included.
  line text not null,
  -- When the witness says that it looked.
  cosigned_at timestamptz not null,
  constraint integrity_cosignature_pkey primary key (log, size, witness),
  constraint integrity_cosignature_head foreign key (log, size) references integrity_witnessed_head (log, size) on delete cascade
);
