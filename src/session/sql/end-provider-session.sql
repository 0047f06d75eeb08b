-- end-provider-session.sql: ends what began with one login at the provider. $1 its name there. Answers the sessions. Locks:
-- their rows. Index: session_of_provider.
delete from millrace.session where provider_session = $1::text returning id, account
