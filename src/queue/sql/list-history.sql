-- list-history.sql: jobs that have ended, newest first. $1 count at most, $2 queue, $3 task, $4 status (null: any), $5 and $6
-- ended_at and id of the last one seen (null: begin). Its id says the moment more finely than a client can, unless it has gone
-- meanwhile: then none is left out, and some may come twice.
-- Index: history_by_time of each partition, backwards.
select h.id, l.queue, h.task, h.status, h.reason, h.attempt, h.crashes, h.errors, h.ended_at
  from millrace.history h join millrace.lane l on l.id = h.lane
 where ($2::text is null or l.queue = $2) and ($3::text is null or h.task = $3) and ($4::text is null or h.status = $4)
   and ($5::timestamptz is null or (h.ended_at, h.id) < (
     coalesce((
       select max(x.ended_at) from millrace.history x
        where x.id = $6::uuid and x.ended_at >= $5::timestamptz and x.ended_at < $5::timestamptz + interval '1 ms'),
       $5::timestamptz + interval '1 ms'), $6::uuid))
 order by h.ended_at desc, h.id desc limit $1
