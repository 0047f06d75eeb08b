-- start-tracked.sql: tracked jobs begin an attempt. $1 ids, $2 attempt numbers. Answers those that may: one that was
-- cancelled meanwhile is missing. Locks: the operations, so that a cancel comes wholly before or wholly after.
update millrace.operation o
   set status = 'running', attempt = k.attempt, started_at = coalesce(o.started_at, millrace.now()), progress = null,
       version = o.version + 1
  from unnest($1::uuid[], $2::smallint[]) k(id, attempt)
 where o.id = any (array[k.id]) and o.status in ('scheduled', 'queued', 'running') and o.cancel_requested_at is null
returning o.id
