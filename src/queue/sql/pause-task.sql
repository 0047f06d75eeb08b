-- pause-task.sql: jobs of a task are parked from now on, instead of handed out. $1 task. Answers since when, and all lanes.
insert into millrace.paused_task as p (task, paused_at) values ($1, millrace.now())
on conflict (task) do update set paused_at = p.paused_at
returning p.paused_at, array(select l.id::integer from millrace.lane l) as lanes
