-- find-ended-job.sql: what the history says of a job: its last end. $1 id. Index: history_by_id of each partition.
select h.id, l.queue, h.task, h.status, h.reason, h.attempt, h.crashes, h.errors, h.ended_at
  from millrace.history h join millrace.lane l on l.id = h.lane
 where h.id = $1::uuid order by h.ended_at desc limit 1
