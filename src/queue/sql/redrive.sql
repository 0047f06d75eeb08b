-- redrive.sql: dead letters back into the log, with all attempts and crashes forgiven. $1 ids. Answers those that were there.
with taken as (
  delete from millrace.dead where id = any ($1::uuid[]) returning *
), appended as (
  insert into millrace.entry (lane, id, task, tracked, payload, headers, place)
  select case when place is null then lane else millrace.sibling(lane, 'intake', 'normal') end, id, task, tracked, payload,
         headers, place
    from taken order by died_at, id
), told as (
  -- the operation of an old dead letter may have been forgotten meanwhile
  insert into millrace.operation as o (id, task, status, submitted_at)
  select id, task, 'queued', millrace.now() from taken where tracked
  on conflict (id) do update
     set status = 'queued', error = null, ended_at = null, cancel_requested_at = null, version = o.version + 1
)
select id, lane from taken
