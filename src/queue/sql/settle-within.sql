-- settle-within.sql: a handler's own transaction completes its job: the entry goes, the operation has succeeded.
-- $1 lane, $2 xid, $3 seq, $4 result. No row answered: the lease was lost, the caller must roll back.
-- Locks: the entry, until the caller's COMMIT; a rescue skips it meanwhile.
with gone as (
  delete from millrace.entry where lane = $1::smallint and xid = $2::xid8 and seq = $3::bigint returning id, lane, tracked, place, holds
), told as (
  update millrace.operation o
     set status = 'succeeded', progress = null, result = $4::json, error = null, ended_at = millrace.now(), version = o.version + 1
    from gone g where g.tracked and o.id = g.id and o.status in ('scheduled', 'queued', 'running')
), released as (
  insert into millrace.entry (lane, id, task, tracked, payload, place)
  select millrace.sibling(lane, 'intake', 'normal'), gen_random_uuid(), '', false, '1', place from gone where holds
)
select 1 as settled from gone
