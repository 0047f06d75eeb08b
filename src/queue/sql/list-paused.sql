-- list-paused.sql: what is paused. $1 jobs counted at most, per task. Answers queues, tasks, and tasks that were resumed but
-- have jobs left that nobody has brought back yet (paused_at null). Index: parked_in_order, one step for each task.
with recursive held as (
  (select p.task from millrace.parked p where p.why = 'paused' order by p.task limit 1)
  union all
  select (select p.task from millrace.parked p where p.why = 'paused' and p.task > h.task order by p.task limit 1)
    from held h where h.task is not null
), stopped as (
  select task from millrace.paused_task union select task from held where task is not null
)
select 'queue' as kind, q.name, q.paused_at, 0 as parked from millrace.queue q where q.paused_at is not null
union all
select 'task', s.task, (select t.paused_at from millrace.paused_task t where t.task = s.task),
       (select count(*)::integer from (
          select from millrace.parked p where p.task = s.task and p.why = 'paused' limit $1) p)
  from stopped s
 order by kind, name
