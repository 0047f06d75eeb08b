-- A logout whose carrying out failed half-way, as with a store of sessions that was away, is carried out when the provider
-- sends it again. Tokens of an older release count as not carried out: doing it twice ends nothing more.
alter table millrace.logout_token
  add column carried_out_at timestamptz;
