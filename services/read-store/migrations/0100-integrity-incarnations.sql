-- Why: a log that lost leaves ends, and another one goes on under the same slug. What these tables keep of the log that ended is set aside
-- under the key '<slug>/<number>', once, so that everything that asks by slug goes on as it is.
-- Lock: none that anybody can wait for; the tables are new. Takes a few milliseconds.

-- The incarnations that were set aside. Not derived: the rows of heads and rounds do not say which one they are of.
create table integrity_incarnation (
  -- '<slug>/<number>'.
  log text not null,
  slug text not null,
  number integer not null,
  -- So many of its leaves are gone on with.
  size bigint not null,
  constraint integrity_incarnation_pkey primary key (log),
  constraint integrity_incarnation_number unique (slug, number)
);

-- The logs whose balances begin with those of the log before. Derived, as the balances are.
create table integrity_carried (
  log text not null,
  constraint integrity_carried_pkey primary key (log)
);
