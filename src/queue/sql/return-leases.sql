-- return-leases.sql: gives back leases that their worker never learned of, because the answer of its claim was lost. Their
-- entries are appended again; no attempt is spent. $1 worker, $2 leases. Answers how many entries there were.
with held as (
  delete from millrace.lease where worker = $1 and id = any ($2::bigint[]) returning lane, xids, seqs, counts
), gone as (
  delete from millrace.entry e
   using (select h.lane, k.xid, k.seq, k.count from held h cross join lateral unnest(h.xids, h.seqs, h.counts) k(xid, seq, count)) k
   where e.lane = k.lane and e.xid = k.xid and e.seq >= k.seq and e.seq < k.seq + k.count
  returning e.*
), again as (
  insert into millrace.entry (lane, id, task, tracked, attempt, crashes, payload, headers, errors, count, pack, place, holds)
  select case when place is null then lane else millrace.sibling(lane, 'ready', (place).priority) end, id, task, tracked,
         attempt, crashes, payload, headers, errors, count, pack, place, holds
    from gone order by xid, seq
)
select coalesce(sum(count), 0)::integer as returned from gone
