-- take-login.sql: the login of a state, taken by the browser that began it, once. $1 hash of the state, $2 hash of the
-- browser's secret. Another browser's stays. Locks: its row.
delete from millrace.login where state_hash = $1::bytea and browser_hash = $2::bytea
returning nonce, verifier, return_to, expires_at > millrace.now() as is_in_time
