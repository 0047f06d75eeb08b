-- find-scheduled-job.sql: a job among those that are due soonest. $1 id, $2 rows looked at, at most. Answers on every row
-- how many were looked at; one row without a job when it is not among them. There is no index of ids: a scan that ends.
-- Index: deferred_pkey.
with seen as (
  select * from millrace.deferred order by due_at, deferred.id limit $2
)
select t.looked, j.* from (select count(*)::integer as looked from seen) t
  left join (
    select s.id, s.lane, s.task, s.attempt, s.crashes, s.tracked, (s.place).key, (s.place).tenant, (s.place).priority, s.payload,
           s.headers, s.errors, s.due_at, s.due_at::text as at_due
      from seen s where s.id = $1::uuid and s.task <> '') j on true
