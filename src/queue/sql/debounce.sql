-- debounce.sql: see routines/debounce.sql. $1 task and key, $2 id of a new job, $3 wait in ms, $4 longest wait in ms.
select d.job, d.due_at::text as due_at
  from millrace.debounce(($1::text[])[1], ($1::text[])[2], $2::uuid, $3::bigint, $4::bigint) d
