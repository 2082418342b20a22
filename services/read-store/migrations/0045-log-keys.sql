-- Why: the key of a log may be rotated, and its heads are held to every key that it ever had. What was discovered of the logs is derived:
-- it is forgotten here and found again, with the keys, by the next start.
-- Lock: access exclusive on two tables with a row a provider, for a few milliseconds.
delete from integrity_discovery;
delete from integrity_log;
-- In C2SP text form, which holds no space, with spaces between them; the one of the genesis first.
alter table integrity_log add column vkeys text not null;
