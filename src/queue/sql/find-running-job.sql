-- find-running-job.sql: a job that a worker has. $1 id, $2 leased entries looked at, at most. Answers on every row how many
-- were looked at; one row without a job when it is not among them. Index: entry_pkey, once for each leased entry.
with seen as materialized (
  select l.worker, e.* from millrace.lease l cross join lateral unnest(l.xids, l.seqs, l.counts) k(xid, seq, count)
   cross join lateral (
      select e.* from millrace.entry e where e.lane = l.lane and e.xid = k.xid and e.seq >= k.seq and e.seq < k.seq + k.count
       limit k.count) e -- a limit, so that each is looked up: a large transaction's entries would be read as a whole
   limit $2
), held as materialized (
  select s.worker, e from seen s join millrace.entry e on e.lane = s.lane and e.xid = s.xid and e.seq = s.seq
   where s.id = $1::uuid or position(decode(replace($1::text, '-', ''), 'hex') in s.pack) > 0
)
select t.looked, j.* from (select count(*)::integer as looked from seen) t
  left join (
    select i.id, (h.e).lane, (h.e).task, (h.e).attempt, (h.e).crashes, (h.e).tracked, ((h.e).place).key, ((h.e).place).tenant,
           ((h.e).place).priority, i.payload, (h.e).headers, (h.e).errors, h.worker
      from held h cross join lateral millrace.jobs_of(h.e) i where i.id = $1::uuid) j on true
