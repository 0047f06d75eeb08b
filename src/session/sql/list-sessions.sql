-- list-sessions.sql: the living sessions of an account, the one in use last first. $1 account, $2 how many at most. Index:
-- session_of_account.
select id, account, agent, begun_at, seen_at, ends_at, false as is_renewal_due from millrace.session
 where account = $1::uuid and idle_until > millrace.now() and ends_at > millrace.now()
 order by seen_at desc, id limit $2::integer
