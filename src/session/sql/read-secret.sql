-- read-secret.sql: the secret of a session. $1 hash of its token. Index: session_pkey.
select secret from millrace.session where token_hash = $1::bytea
