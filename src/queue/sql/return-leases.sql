-- return-leases.sql: gives back leases that their worker never learned of, because the answer of its claim was lost. Their
-- entries are appended again; no attempt is spent. $1 worker, $2 leases. Answers how many entries there were.
with held as (
  delete from millrace.lease where worker = $1 and id = any ($2::uuid[]) returning lane, xids, seqs, counts
), gone as (
  -- where they lie, found by their keys: see settle-succeeded.sql
  delete from millrace.entry e where e.ctid = any (array(
     select x.ctid from held h
      cross join lateral unnest(h.xids, h.seqs, h.counts) k(xid, seq, count)
      cross join lateral (
        select y.ctid from millrace.entry y
         where y.lane = h.lane and y.xid = k.xid and y.seq >= k.seq and y.seq < k.seq + k.count
         order by y.lane, y.xid, y.seq limit k.count) x))
  returning e.*
), again as (
  insert into millrace.entry (lane, id, task, tracked, attempt, crashes, payload, headers, errors, count, pack, place, holds)
  select case when place is null or (select l.kind from millrace.lane l where l.id = lane) = 'quarantine' then lane else millrace.sibling(lane, 'ready', (place).priority) end, id, task, tracked,
         attempt, crashes, payload, headers, errors, count, pack, place, holds
    from gone order by xid, seq
)
select coalesce(sum(count), 0)::integer as returned from gone
