-- keep-secret.sql: another secret for a session. $1 hash of its token, $2 the secret. Locks: its row.
update millrace.session set secret = $2::bytea where token_hash = $1::bytea
