-- pause-queue.sql: nothing of a queue is handed out any more. $1 queue. Answers since when, and its lanes; no row: there is
-- no such queue.
update millrace.queue q set paused_at = coalesce(q.paused_at, millrace.now()) where q.name = $1
returning q.paused_at, array(select l.id::integer from millrace.lane l where l.queue = q.name) as lanes
