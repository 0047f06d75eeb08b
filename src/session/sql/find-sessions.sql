-- find-sessions.sql: the living sessions of some tokens. $1 their hashes. Index: session_pkey. `is_stale`: nobody has said
-- for a while that it is in use; $2: for how long, in ms. `is_renewal_due`: nobody has renewed it for $3 ms.
select encode(s.token_hash, 'hex') as hash, s.id, s.account, s.agent, s.begun_at, s.seen_at, s.ends_at,
       s.seen_at < t.now - $2::bigint * interval '1 ms' as is_stale,
       coalesce(s.secret is not null and s.renewed_at < t.now - $3::bigint * interval '1 ms', false) as is_renewal_due
  from (select millrace.now() as now) t join millrace.session s
    on s.token_hash = any ($1::bytea[]) and s.idle_until > t.now and s.ends_at > t.now
