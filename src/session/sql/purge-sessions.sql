-- purge-sessions.sql: removes sessions that are over. $1 how many at most. Index: session_over. Locks: rows that nobody uses.
delete from millrace.session where token_hash in (
  select token_hash from millrace.session where least(idle_until, ends_at) <= millrace.now()
   order by least(idle_until, ends_at) limit $1::integer for update skip locked)
