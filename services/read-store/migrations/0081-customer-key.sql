-- Why: a customer may see what is held of it, by a key of its own that opens one account and nothing else.
-- Lock: access exclusive on access_api_key, for the milliseconds that a check of its few rows takes.
alter table access_api_key add column account text not null default '';
alter table access_api_key drop constraint access_api_key_role;
alter table access_api_key add constraint access_api_key_role check (role in ('provider', 'operator', 'customer'));
alter table access_api_key add constraint access_api_key_account check ((role = 'customer') = (account <> ''));
