-- purge-answers.sql: forgets answers whose time is over. $1 how many at most. Index: idempotency_expiry.
delete from millrace.idempotency where (scope, key) in (
  select scope, key from millrace.idempotency where expires_at <= millrace.now() order by expires_at limit $1
   for update skip locked)
