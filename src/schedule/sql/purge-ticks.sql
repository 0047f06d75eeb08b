-- purge-ticks.sql: forgets ticks older than $1 ms, but never the last one of a schedule: it says where to go on.
delete from millrace.tick t
 where t.due_at < millrace.now() - $1::bigint * interval '1 ms'
   and exists (select from millrace.tick later where later.schedule = t.schedule and later.due_at > t.due_at)
