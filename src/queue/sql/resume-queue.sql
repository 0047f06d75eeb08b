-- resume-queue.sql: a queue goes on. $1 queue. Answers its lanes; no row: there is no such queue.
update millrace.queue q set paused_at = null where q.name = $1
returning array(select l.id::integer from millrace.lane l where l.queue = q.name) as lanes
