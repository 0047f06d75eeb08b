-- begin-answer.sql: claims an idempotency key. $1 scope, $2 key, $3 fingerprint, $4 ms that it holds. Answers a row when the
-- key was free or expired; none when it stands for an answer. Locks: waits for a transaction that is claiming the same key.
insert into millrace.idempotency as i (scope, key, fingerprint, expires_at)
values ($1, $2, $3, millrace.now() + $4::bigint * interval '1 ms')
on conflict (scope, key) do update
   set fingerprint = excluded.fingerprint, status = null, headers = null, body = null, expires_at = excluded.expires_at
 where i.expires_at <= millrace.now()
returning true as is_ours
