-- list-dead.sql: dead letters, newest first. $1 count at most, $2 and $3 died_at and id of the last one seen (null: begin).
-- Index: dead_by_time, backwards.
select d.id, l.queue, d.task, d.attempt, d.crashes, d.payload, d.errors, d.reason, d.died_at
  from millrace.dead d join millrace.lane l on l.id = d.lane
 where $2::timestamptz is null or (d.died_at, d.id) < ($2::timestamptz, $3::uuid)
 order by d.died_at desc, d.id desc limit $1
