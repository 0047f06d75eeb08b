-- list-scheduled.sql: jobs that wait for their time, soonest first. $1 lanes (null: all); $2 and $3 due_at and id of the last
-- one seen (null: begin); $4 task (null: any); $5 jobs at most; $6 rows looked at, at most. Answers jobs, and on every row
-- how many were looked at and the last of them; one row without a job when none was found. Index: deferred_pkey.
with seen as materialized (
  select d.* from millrace.deferred d
   where $2::timestamptz is null or (d.due_at, d.id) > ($2, $3::uuid) order by d.due_at, d.id limit $6
)
select t.looked, t.last_due, t.last_id, j.*
  from (select count(*)::integer as looked, max(due_at)::text as last_due,
               (array_agg(id order by due_at desc, id desc))[1] as last_id from seen) t
  left join lateral (
    select s.id, s.lane, s.task, s.attempt, s.crashes, s.tracked, (s.place).key, (s.place).tenant, (s.place).priority,
           s.due_at, s.due_at::text as at_due
      from seen s
     where s.task <> '' and ($1::smallint[] is null or s.lane = any ($1)) and ($4::text is null or s.task = $4)
     order by s.due_at, s.id limit $5) j on true
