-- What a session keeps for its own renewal and logout at the provider, readable only with the token in the cookie.
alter table millrace.session
  add secret bytea,
  add renewed_at timestamptz;
