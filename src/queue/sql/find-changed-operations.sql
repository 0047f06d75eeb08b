-- find-changed-operations.sql: those of the operations that have changed. $1 ids, $2 the versions that are known.
select o.id, o.task, o.status, o.attempt, o.progress, o.result, o.error, o.version, o.submitted_at, o.started_at, o.ended_at,
       o.cancel_requested_at, o.owner
  from unnest($1::uuid[], $2::bigint[]) k(id, version)
 cross join lateral (select * from millrace.operation x where x.id = k.id limit 1) o where o.version > k.version
