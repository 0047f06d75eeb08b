-- take-renewal.sql: the secret of a session that is to be renewed, for one caller in $2 ms. $1 hash of its token. Answers
-- nothing when another has taken it, or there is none. Locks: its row. Index: session_pkey.
update millrace.session set renewed_at = millrace.now()
 where token_hash = $1::bytea and secret is not null and renewed_at < millrace.now() - $2::bigint * interval '1 ms'
   and idle_until > millrace.now() and ends_at > millrace.now()
returning secret
