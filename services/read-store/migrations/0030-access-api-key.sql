-- API keys are not events: they are secrets of this installation, and a secret does not belong into an immutable log. Only the hash
-- of a token is kept. Creates one table; no lock on anything that exists.
create table access_api_key (
  id text not null,
  -- Slug of the tenant; empty for the operator of the installation.
  provider text not null,
  role text not null,
  token_hash text not null,
  created_at timestamptz not null default clock_timestamp(),
  revoked_at timestamptz,
  constraint access_api_key_pk primary key (id),
  constraint access_api_key_role check (role in ('provider', 'operator')),
  constraint access_api_key_tenant check ((role = 'operator') = (provider = ''))
);
