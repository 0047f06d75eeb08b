-- settle-within.sql: a handler's own transaction completes its job: the entry goes, the operation has succeeded.
-- $1 lane, $2 xid, $3 seq, $4 id, $5 result. Fails when the lease was lost (routines/settle.sql), and the transaction with it.
-- Locks: the entry, until the caller's COMMIT; a rescue skips it meanwhile.
with gone as (
  delete from millrace.entry where lane = $1::smallint and xid = $2::xid8 and seq = $3::bigint and id = $4::uuid and count = 1
  returning id, lane, task, tracked, attempt, crashes, headers, errors, place, holds
), told as (
  update millrace.operation o
     set status = 'succeeded', progress = null, result = $5::json, error = null, ended_at = millrace.now(), version = o.version + 1
    from gone g where g.tracked and o.id = $4::uuid and o.status in ('scheduled', 'queued', 'running')
), released as (
  insert into millrace.entry (lane, id, task, tracked, payload, place)
  select millrace.sibling(lane, 'intake', 'normal'), gen_random_uuid(), '', false, '1', place from gone where holds
), freed as (
  delete from millrace.unique_key u using gone g
   where g.headers ? 'unique' and u.scope = any (array[g.task || ' unique']) and u.key = any (array[g.headers ->> 'unique'])
     and u.job = g.id
), forgotten as (
  delete from millrace.effect where job = $4::uuid and exists (select from gone)
), remembered as (
  insert into millrace.history (ended_at, id, lane, task, status, attempt, crashes, errors, place)
  select millrace.now(), id, lane, task, 'succeeded', attempt + 1, crashes, errors, place
    from gone where millrace.is_remembered('succeeded', tracked, headers)
)
select millrace.must_be_leased(exists (select from gone), $4::uuid)
