-- cancel.sql: asks that a job be cancelled. $1 id. One that has not begun is cancelled at once and will never start; a
-- running one is told through its worker. Answers the operation as it then stands; nothing when it has ended, or is none.
update millrace.operation o
   set cancel_requested_at = coalesce(o.cancel_requested_at, millrace.now()),
       status = case when o.status = 'running' then 'running' else 'cancelled' end,
       ended_at = case when o.status = 'running' then null else millrace.now() end,
       version = o.version + 1
 where o.id = $1::uuid and o.status in ('scheduled', 'queued', 'running')
returning o.*
