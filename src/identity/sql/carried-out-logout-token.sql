-- carried-out-logout-token.sql: what a token for a logout names is over. $1 issuer, $2 its id. Locks: its row.
update millrace.logout_token set carried_out_at = millrace.now() where issuer = $1::text and jti = $2::text
