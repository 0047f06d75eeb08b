-- begin-login.sql: a login begins. $1 hash of its state, $2 hash of the browser's secret, $3 nonce, $4 verifier of PKCE, $5
-- where to go afterwards, $6 how long it may take, in ms.
insert into millrace.login (state_hash, browser_hash, nonce, verifier, return_to, expires_at)
values ($1::bytea, $2::bytea, $3::text, $4::text, $5::text, millrace.now() + $6::bigint * interval '1 ms')
