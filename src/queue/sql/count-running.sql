-- count-running.sql: how many jobs of each lane are leased and have not ended. $1 lanes (null: all).
-- Index: entry_pkey, once for each leased entry.
select l.lane::integer as lane, sum(e.count)::integer as jobs
  from millrace.lease l cross join lateral unnest(l.xids, l.seqs, l.counts) k(xid, seq, count)
 cross join lateral (
    select e.count from millrace.entry e where e.lane = l.lane and e.xid = k.xid and e.seq >= k.seq and e.seq < k.seq + k.count
     limit k.count) e -- a limit, so that each is looked up: a large transaction's entries would be read as a whole
 where $1::smallint[] is null or l.lane = any ($1)
 group by l.lane
