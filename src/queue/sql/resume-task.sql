-- resume-task.sql: jobs of a task are handed out again. $1 task. Answers all lanes. What was parked: resume-parked.sql.
with resumed as (
  delete from millrace.paused_task where task = $1
)
select array(select l.id::integer from millrace.lane l) as lanes
