-- Accounts, logins under way, and what the local provider of development remembers.

-- Who has ever come, and what they may do. Known by issuer and subject: an e-mail address can change hands.
create table millrace.account (
  id uuid primary key,
  issuer text not null check (char_length(issuer) between 1 and 500),
  subject text not null check (char_length(subject) between 1 and 500),
  name text not null,
  email text,
  -- What the provider said last, and when. An older word never replaces a newer one.
  roles text[] not null,
  claims jsonb not null,
  told_at timestamptz not null,
  -- What is granted here, beside what the provider says.
  granted text[] not null default '{}',
  begun_at timestamptz not null,
  disabled_at timestamptz, -- from then on nobody gets in with it
  unique (issuer, subject)
);
create index account_by_email on millrace.account (lower(email)) where email is not null;
create index account_by_name on millrace.account (lower(name), id);

-- A login between the page that began it and the answer of the provider: taken once, by the browser that began it.
create table millrace.login (
  state_hash bytea primary key,
  browser_hash bytea not null, -- of the secret in the browser's cookie
  nonce text not null,
  verifier text not null,      -- of PKCE
  return_to text not null,
  expires_at timestamptz not null
);
create index login_over on millrace.login (expires_at);
-- Lost with a crash of the server: whoever was logging in begins again.
alter table millrace.login set unlogged;

-- Tokens for a logout that were carried out, so that none is carried out twice.
create table millrace.logout_token (
  issuer text not null,
  jti text not null,
  expires_at timestamptz not null,
  primary key (issuer, jti)
);
create index logout_token_over on millrace.logout_token (expires_at);

-- What the local provider keeps (codes, grants, its own sessions): nothing of value, and empty in production.
create table millrace.local_provider (
  model text not null,
  id text not null,
  payload jsonb not null,
  grant_id text,
  uid text,
  consumed_at timestamptz,
  expires_at timestamptz,
  primary key (model, id)
);
create index local_provider_grant on millrace.local_provider (grant_id) where grant_id is not null;
create index local_provider_uid on millrace.local_provider (uid) where uid is not null;
