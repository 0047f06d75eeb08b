-- settle.sql: what became of leased jobs, in one statement. One row per job of the arrays: $1 lane, $2 xid, $3 seq,
-- $4 kind (succeeded, retry, postponed, failed, cancelled, returned, crashed), $5 delay of a retry or postponement in ms, $6 error, $7 result, $8 reason of
-- the failure; $9 leases of which nothing is left. A job whose entry is gone was rescued from us: nothing happens to it.
-- postponed: like a retry, but no attempt spent. returned: handed back unfinished (drain), no attempt spent. crashed: its own process died under it, once more.
-- Answers the entries that were there.
with outcome as materialized (
  select * from unnest($1::smallint[], $2::xid8[], $3::bigint[], $4::text[], $5::bigint[], $6::jsonb[], $7::json[], $8::text[])
    as t(lane, xid, seq, kind, delay_ms, error, result, reason)
), gone as (
  delete from millrace.entry e using outcome o where e.lane = o.lane and e.xid = o.xid and e.seq = o.seq
  returning e.*, o.kind, o.delay_ms, o.error, o.result, o.reason
), retried as (
  insert into millrace.deferred (due_at, id, lane, task, tracked, attempt, crashes, payload, headers, errors)
  select millrace.now() + delay_ms * interval '1 ms', id, lane, task, tracked, attempt + (kind = 'retry')::integer, crashes,
         payload, headers, case when kind = 'retry' then coalesce(errors, '[]') || error else errors end
    from gone where kind in ('retry', 'postponed')
), returned as (
  insert into millrace.entry (lane, id, task, tracked, attempt, crashes, payload, headers, errors)
  select lane, id, task, tracked, attempt, crashes + (kind = 'crashed')::integer, payload, headers, errors
    from gone where kind in ('returned', 'crashed') order by xid, seq
), died as (
  insert into millrace.dead (id, lane, task, tracked, attempt, crashes, payload, headers, errors, reason, died_at)
  select id, lane, task, tracked, attempt + 1, crashes, payload, headers, coalesce(errors, '[]') || error, reason, millrace.now()
    from gone where kind = 'failed'
), told as (
  update millrace.operation o
     set status = case g.kind when 'retry' then 'scheduled' when 'postponed' then 'scheduled' when 'returned' then 'queued' when 'crashed' then 'queued' else g.kind end,
         progress = case when g.kind = 'succeeded' then null else o.progress end,
         result = g.result,
         error = g.error::json,
         ended_at = case when g.kind in ('succeeded', 'failed', 'cancelled') then millrace.now() end,
         version = o.version + 1
    from gone g where g.tracked and o.id = g.id and o.status in ('scheduled', 'queued', 'running')
), closed as (
  delete from millrace.lease where id = any ($9::bigint[])
)
select lane, xid, seq from gone
