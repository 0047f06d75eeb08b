-- settle.sql: what became of leased jobs, in one statement. One row per job of the arrays: $1 lane, $2 xid, $3 seq, $4 id, $5 kind
-- (succeeded, retry, postponed, parked, failed, expired, cancelled, returned, crashed), $6 delay of a retry or postponement
-- in ms, $7 error, $8 result, $9 reason of the failure, $10 version of the payload, $11 whether an attempt has begun; $12
-- leases of which nothing is left; $13 errors kept with a job at most, $14 how many of them are its first ones. A job whose
-- entry is gone was rescued from us: nothing happens to it.
-- postponed: like a retry, but no attempt spent. parked: until a release comes that knows the task and the version. expired:
-- failed, but no dead letter: nobody wants it any more.
-- returned: handed back unfinished (drain), no attempt spent. crashed: its own process died under it, once more.
-- In a governed queue a job gives back its slot when it ends, and when it is retried, unless its key is in order (fifo).
-- One that keeps it goes straight on, or, when it has begun and starts are counted, by way of the scheduler; in quarantine
-- it need not wait, and is counted (routines/governed-rates.sql).
-- The end of a job gives back its unique key, forgets what it did elsewhere unless it may be redriven, and is remembered as
-- its task wants it (routines/history.sql).
-- A job that would go on but is to be cancelled has ended: whoever asked would find it nowhere while it waits.
-- Answers the entries that were there.
-- Rows that are updated elsewhere are joined by `= any (array[…])`: it can be looked up in an index like an equation, but
-- gives the planner no reason to read the whole index in order, dead rows and all, of a table that it takes for empty.
with outcome as materialized (
  -- where the entries lie, found by their keys: see settle-succeeded.sql
  select t.*, (select e.ctid from millrace.entry e
                where e.lane = t.lane and e.xid = t.xid and e.seq = t.seq and e.id = t.id and e.count = 1) as at
    from unnest($1::smallint[], $2::xid8[], $3::bigint[], $4::uuid[], $5::text[], $6::bigint[], $7::jsonb[], $8::json[], $9::text[],
      $10::smallint[], $11::boolean[]) as t(lane, xid, seq, id, kind, delay_ms, error, result, reason, version, begun)
), gone as (
  delete from millrace.entry e using outcome o where e.ctid = o.at
  returning e.*, o.kind as said, o.delay_ms, o.error, o.result, o.reason, o.version, o.begun
), asked as materialized (
  -- under its lock: a cancel comes wholly before, and is seen here, or wholly after, and finds where the job waits
  select o.id, o.cancel_requested_at is not null as is_cancelled from gone g join millrace.operation o on o.id = any (array[g.id])
   where g.tracked and g.said in ('retry', 'postponed', 'parked', 'returned', 'crashed') for update of o
), ended as materialized (
  select g.*, case when a.is_cancelled then 'cancelled' else g.said end as kind from gone g left join asked a on a.id = g.id
), placed as materialized (
  select g.*,
         g.holds and case
           when g.kind in ('returned', 'crashed') then true
           when g.kind in ('retry', 'postponed') then (g.place).key is not null and (
             select q.key_is_fifo from millrace.lane l join millrace.queue q on q.name = l.queue where l.id = g.lane)
           else false end as keeps,
         case when g.begun then millrace.begun(g.headers) else g.headers end as kept_headers,
         -- a list that is full loses the oldest of its last ones
         case when jsonb_array_length(g.errors) >= $13::integer then g.errors - $14::integer
              else coalesce(g.errors, '[]') end || g.error as kept_errors
    from ended g
), moved as materialized (
  select p.*, case when p.place is null or p.kind = 'crashed' then p.lane
                   when p.kind = 'returned' and (select l.kind from millrace.lane l where l.id = p.lane) = 'quarantine' then p.lane
                   when not p.keeps or p.begun and millrace.counts_starts(p.lane) then millrace.sibling(p.lane, 'intake', 'normal')
                   else millrace.sibling(p.lane, 'ready', (p.place).priority) end as to_lane,
         -- it stays in quarantine, past the scheduler
         p.kind in ('returned', 'crashed') and p.begun and not p.place is null and millrace.counts_starts(p.lane)
           and (select l.kind from millrace.lane l where l.id = p.lane) = 'quarantine' as starts_uncounted
    from placed p
), retried as (
  insert into millrace.deferred (due_at, id, lane, task, tracked, attempt, crashes, payload, headers, errors, place, holds)
  select millrace.now() + delay_ms * interval '1 ms', id, to_lane, task, tracked, attempt + (kind = 'retry')::integer, crashes,
         payload, kept_headers, case when kind = 'retry' then kept_errors else errors end, place, keeps
    from moved where kind in ('retry', 'postponed')
), returned as (
  insert into millrace.entry (lane, id, task, tracked, attempt, crashes, payload, headers, errors, place, holds)
  select to_lane, id, task, tracked, attempt, crashes + (kind = 'crashed')::integer, payload, kept_headers, errors, place, keeps
    from moved where kind in ('returned', 'crashed') order by xid, seq
), parked as (
  insert into millrace.parked (id, lane, task, version, why, parked_at, tracked, attempt, crashes, payload, headers, errors, place)
  select id, to_lane, task, version, 'unknown', millrace.now(), tracked, attempt, crashes, payload, headers, errors, place
    from moved where kind = 'parked'
), released as (
  insert into millrace.entry (lane, id, task, tracked, attempt, payload, place)
  select millrace.sibling(lane, 'intake', 'normal'), gen_random_uuid(), '', false, count(*) filter (where starts_uncounted),
         (count(*) filter (where holds and not keeps))::text, place
    from moved where holds and not keeps or starts_uncounted group by lane, place
), died as (
  insert into millrace.dead (id, lane, task, tracked, attempt, crashes, payload, headers, errors, reason, died_at, place)
  select id, lane, task, tracked, attempt + begun::integer, crashes, payload, headers, kept_errors, reason, millrace.now(), place
    from moved where kind = 'failed'
), told as (
  update millrace.operation o
     set status = case g.kind when 'retry' then 'scheduled' when 'postponed' then 'scheduled' when 'parked' then 'scheduled'
                              when 'returned' then 'queued' when 'crashed' then 'queued' when 'expired' then 'failed' else g.kind end,
         progress = case when g.kind = 'succeeded' then null else o.progress end,
         result = g.result,
         error = g.error::json,
         ended_at = case when g.kind in ('succeeded', 'failed', 'expired', 'cancelled') then millrace.now() end,
         version = o.version + 1
    from moved g where g.tracked and o.id = any (array[g.id]) and o.status in ('scheduled', 'queued', 'running')
), freed as (
  delete from millrace.unique_key u using moved m
   where m.kind in ('succeeded', 'failed', 'expired', 'cancelled') and m.headers ? 'unique'
     and u.scope = any (array[m.task || ' unique']) and u.key = any (array[m.headers ->> 'unique']) and u.job = m.id
), forgotten as (
  delete from millrace.effect f using moved m where m.kind in ('succeeded', 'expired', 'cancelled') and f.job = any (array[m.id])
), remembered as (
  insert into millrace.history (ended_at, id, lane, task, status, reason, attempt, crashes, errors, place)
  select millrace.now(), id, lane, task, case when kind = 'expired' then 'failed' else kind end,
         case when kind = 'expired' then 'expired' else reason end, attempt + begun::integer, crashes,
         case when error is null then errors else kept_errors end, place
    from moved where kind in ('succeeded', 'failed', 'expired', 'cancelled') and millrace.is_remembered(kind, tracked, headers)
), closed as (
  delete from millrace.lease where id = any ($12::uuid[])
)
select lane, xid, seq from gone
