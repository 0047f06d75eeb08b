-- cancel-held.sql: takes away a job that nobody runs: parked, or scheduled. $1 id, $2 when it is due (null: it is parked).
-- One that holds a slot of a governed queue (a retry of a key in order) gives it back. Answers the job's stage, if it was
-- still there. Locks: its row; a promotion or a resume comes wholly before or wholly after.
with unparked as (
  delete from millrace.parked where id = $1::uuid and $2::timestamptz is null returning lane, place, false as holds
), unscheduled as (
  delete from millrace.deferred where due_at = $2::timestamptz and id = $1::uuid returning lane, place, holds
), gone as (
  select * from unparked union all select * from unscheduled
), released as (
  insert into millrace.entry (lane, id, task, tracked, payload, place)
  select millrace.sibling(lane, 'intake', 'normal'), gen_random_uuid(), '', false, '1', place from gone where holds
)
select lane::integer as lane from gone
