-- redrive.sql: dead letters back into the log, with all attempts and crashes forgiven. $1 ids. Answers those that were there.
with taken as (
  delete from millrace.dead where id = any ($1::uuid[]) returning *
), appended as (
  insert into millrace.entry (lane, id, task, tracked, payload, headers)
  select lane, id, task, tracked, payload, headers from taken order by died_at, id
), told as (
  update millrace.operation o
     set status = 'queued', error = null, ended_at = null, cancel_requested_at = null, version = o.version + 1
    from taken t where t.tracked and o.id = t.id and o.status = 'failed'
)
select id, lane from taken
