-- find-operations.sql: operations by id. $1 ids.
select id, task, status, attempt, progress, result, error, version, submitted_at, started_at, ended_at, cancel_requested_at, owner
  from millrace.operation where id = any ($1::uuid[])
