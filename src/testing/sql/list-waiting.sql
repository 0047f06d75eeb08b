-- list-waiting.sql: the jobs of a task that wait: those in the log, in its order, then deferred ones by their time. $1 task.
-- Nothing may be running: running jobs stand in the log as well.
-- MATERIALIZED: jobs_of over the table itself is more than the planner can do.
with stored as materialized (select e from millrace.entry e where e.task = $1)
select w.id, w.payload, w.headers, w.attempt, w.due_at from (
  select j.id, j.payload, (s.e).headers, (s.e).attempt::integer as attempt, null::timestamptz as due_at, (s.e).xid, (s.e).seq, j.n
    from stored s cross join lateral millrace.jobs_of(s.e) j
  union all
  select d.id, d.payload, d.headers, d.attempt::integer, d.due_at, null, null, null from millrace.deferred d where d.task = $1
) w order by w.due_at nulls first, w.xid, w.seq, w.n, w.id
