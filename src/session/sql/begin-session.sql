-- begin-session.sql: a session begins, and ends the one that the same browser had before: its token is worth nothing from
-- then on. $1 hash of the token, $2 id, $3 account, $4 provider's name for the login, $5 agent, $6 idle ms, $7 life ms, $8
-- hash of the token that the browser had (null: none), $9 its secret (null: none). Answers the session. Locks: the row of the session that ends.
with ended as (
  delete from millrace.session where token_hash = $8::bytea
)
insert into millrace.session (token_hash, id, account, provider_session, agent, begun_at, seen_at, idle_until, ends_at,
  secret, renewed_at)
select $1::bytea, $2::uuid, $3::uuid, $4::text, $5::text, t.now, t.now, t.now + $6::bigint * interval '1 ms',
       t.now + $7::bigint * interval '1 ms', $9::bytea, t.now
  from (select millrace.now() as now) t
returning id, account, agent, begun_at, seen_at, ends_at, false as is_renewal_due
