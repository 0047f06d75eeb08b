-- cancel-held.sql: takes away a job that nobody runs: parked, or scheduled. $1 id, $2 when it is due (null: it is parked, or
-- tracked, and then found by its id). One that holds a slot of a governed queue (a retry of a key in order) gives it back,
-- and its unique key; what it did elsewhere is forgotten. Answers the lane where that makes room, if the job was still there.
-- Locks: its row; a promotion or a resume comes wholly before or wholly after. Index: parked_pkey, deferred_pkey,
-- deferred_tracked.
with unparked as (
  delete from millrace.parked where id = $1::uuid and $2::timestamptz is null
  returning id, lane, task, tracked, attempt, crashes, headers, errors, place, false as holds
), unscheduled as (
  delete from millrace.deferred where due_at = $2::timestamptz and id = $1::uuid
  returning id, lane, task, tracked, attempt, crashes, headers, errors, place, holds
), untimed as (
  delete from millrace.deferred where id = $1::uuid and tracked and $2::timestamptz is null
  returning id, lane, task, tracked, attempt, crashes, headers, errors, place, holds
), gone as (
  select * from unparked union all select * from unscheduled union all select * from untimed
), released as (
  insert into millrace.entry (lane, id, task, tracked, payload, place)
  select millrace.sibling(lane, 'intake', 'normal'), gen_random_uuid(), '', false, '1', place from gone where holds
), freed as (
  delete from millrace.unique_key u using gone g
   where g.headers ? 'unique' and u.scope = any (array[g.task || ' unique']) and u.key = any (array[g.headers ->> 'unique'])
     and u.job = g.id
), forgotten as (
  delete from millrace.effect f using gone g where f.job = any (array[g.id])
), remembered as (
  insert into millrace.history (ended_at, id, lane, task, status, attempt, crashes, errors, place)
  select millrace.now(), id, lane, task, 'cancelled', attempt, crashes, errors, place
    from gone where millrace.is_remembered('cancelled', tracked, headers)
)
select case when holds then millrace.sibling(lane, 'intake', 'normal') else lane end::integer as lane from gone
