-- touch-sessions.sql: sessions are in use, and live on. $1 hashes of their tokens, $2 idle ms. Locks: their rows, those that
-- nobody else holds: whoever holds one is saying the same, or ends it.
update millrace.session s
   set seen_at = millrace.now(), idle_until = least(s.ends_at, millrace.now() + $2::bigint * interval '1 ms')
  from (select token_hash from millrace.session where token_hash = any ($1::bytea[]) for update skip locked) free
 where s.token_hash = free.token_hash
