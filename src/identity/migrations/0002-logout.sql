-- A logout whose carrying out failed half-way, as with a store of sessions that was away, is carried out when the provider
-- sends it again. And one that comes while the login that it ends is still being finished ends no session yet: what it names
-- is remembered, and a session that begins is held against it. Tokens that an older release takes down name nothing, and
-- count as not carried out: doing it twice ends nothing more.
alter table millrace.logout_token
  add column subject text,
  add column provider_session text, -- the provider's own name for the login; null: all of the subject's
  add column said_at timestamptz,   -- by the provider's clock
  add column carried_out_at timestamptz;
create index logout_token_of_login on millrace.logout_token (issuer, provider_session);
create index logout_token_of_subject on millrace.logout_token (issuer, subject);
