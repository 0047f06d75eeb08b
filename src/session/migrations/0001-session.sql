-- Sessions: who has logged in, on which browser, until when. Whoever reads this table cannot use what it finds: of the token
-- in the cookie only the hash is here.
create table millrace.session (
  token_hash bytea primary key,
  id uuid not null unique,              -- its name for people: account pages, logs
  account uuid not null,
  provider_session text,                -- the provider's own name for the login, by which it logs out
  agent text not null,                  -- the browser, as it names itself
  begun_at timestamptz not null,        -- the login
  seen_at timestamptz not null,
  idle_until timestamptz not null,      -- slides with use …
  ends_at timestamptz not null          -- … but not past this
);
create index session_of_account on millrace.session (account);
create index session_of_provider on millrace.session (provider_session) where provider_session is not null;
create index session_over on millrace.session (least(idle_until, ends_at));
