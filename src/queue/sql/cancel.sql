-- cancel.sql: asks that a job be cancelled. $1 id. One that has not begun is cancelled at once and will never start; a
-- running one is told through its worker. One that has ended stays as it is. Answers the operation as it then stands.
with asked as (
  update millrace.operation o
     set cancel_requested_at = coalesce(o.cancel_requested_at, millrace.now()),
         status = case when o.status = 'running' then 'running' else 'cancelled' end,
         ended_at = case when o.status = 'running' then null else millrace.now() end,
         version = o.version + 1
   where o.id = $1::uuid and o.status in ('scheduled', 'queued', 'running')
  returning o.*
)
select * from asked
union all
select o.* from millrace.operation o where o.id = $1::uuid and not exists (select from asked)
