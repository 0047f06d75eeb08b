-- list-dead.sql: dead letters, newest first. $1 to $7 which: ids, lanes, task, reason, code, died after, died before (null:
-- all); $8 count at most; $9 and $10 id of the last one seen and when it died (null: begin). Its id says the moment more
-- finely than a client can, unless it has gone meanwhile: then none is left out, and some may come twice.
-- Index: dead_by_time or dead_by_task, backwards.
select d.id, l.queue, d.task, d.tracked, d.attempt, d.crashes, d.payload, d.headers, d.errors, d.reason, millrace.code_of(d) as code,
       d.died_at, (d.place).key, (d.place).tenant, coalesce((d.place).priority, l.priority) as priority
  from millrace.dead d join millrace.lane l on l.id = d.lane
 where millrace.is_meant(d, $1::uuid[], $2::smallint[], $3::text, $4::text, $5::text, $6::timestamptz, $7::timestamptz)
   and ($9::uuid is null or (d.died_at, d.id) < (
     coalesce((select x.died_at from millrace.dead x where x.id = $9), $10::timestamptz + interval '1 ms'), $9))
 order by d.died_at desc, d.id desc limit $8
