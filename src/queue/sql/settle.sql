-- settle.sql: what became of leased jobs, in one statement. One row per job of the arrays: $1 lane, $2 xid, $3 seq,
-- $4 kind (succeeded, retry, failed, cancelled, returned), $5 delay of the retry in ms, $6 error, $7 result, $8 reason of
-- the failure; $9 leases of which nothing is left. A job whose entry is gone was rescued from us: nothing happens to it.
-- returned: handed back unfinished (drain), no attempt spent. Answers the entries that were there.
with outcome as materialized (
  select * from unnest($1::smallint[], $2::xid8[], $3::bigint[], $4::text[], $5::bigint[], $6::jsonb[], $7::json[], $8::text[])
    as t(lane, xid, seq, kind, delay_ms, error, result, reason)
), gone as (
  delete from millrace.entry e using outcome o where e.lane = o.lane and e.xid = o.xid and e.seq = o.seq
  returning e.*, o.kind, o.delay_ms, o.error, o.result, o.reason
), retried as (
  insert into millrace.deferred (due_at, id, lane, task, tracked, attempt, crashes, payload, headers, errors)
  select millrace.now() + delay_ms * interval '1 ms', id, lane, task, tracked, attempt + 1, crashes, payload, headers,
         coalesce(errors, '[]') || error
    from gone where kind = 'retry'
), returned as (
  insert into millrace.entry (lane, id, task, tracked, attempt, crashes, payload, headers, errors)
  select lane, id, task, tracked, attempt, crashes, payload, headers, errors from gone where kind = 'returned' order by xid, seq
), died as (
  insert into millrace.dead (id, lane, task, tracked, attempt, crashes, payload, headers, errors, reason, died_at)
  select id, lane, task, tracked, attempt + 1, crashes, payload, headers, coalesce(errors, '[]') || error, reason, millrace.now()
    from gone where kind = 'failed'
), told as (
  update millrace.operation o
     set status = case g.kind when 'retry' then 'scheduled' when 'returned' then 'queued' else g.kind end,
         result = g.result,
         error = g.error::json,
         ended_at = case when g.kind in ('succeeded', 'failed', 'cancelled') then millrace.now() end,
         version = o.version + 1
    from gone g where g.tracked and o.id = g.id and o.status in ('scheduled', 'queued', 'running')
), closed as (
  delete from millrace.lease where id = any ($9::bigint[])
)
select lane, xid, seq from gone
