-- list-running.sql: jobs that workers have, lease by lease. $1 lanes (null: all); $2, $3 and $4 lease, xid and number of the
-- last job seen (null: begin); $5 task (null: any); $6 jobs at most; $7 leases looked at, at most. Answers jobs, and on every
-- row how many leases were looked at and the last of them; one row without a job when none was found.
-- Index: lease_pkey, entry_pkey.
with seen as materialized (
  select l.* from millrace.lease l
   where ($2::uuid is null or l.id >= $2) and ($1::smallint[] is null or l.lane = any ($1)) order by l.id limit $7
), held as materialized (
  select s.id as lease, s.worker, x.e
    from seen s cross join lateral unnest(s.xids, s.seqs, s.counts) k(xid, seq, count)
   cross join lateral (
      select e from millrace.entry e where e.lane = s.lane and e.xid = k.xid and e.seq >= k.seq and e.seq < k.seq + k.count
       limit k.count) x -- a limit, so that each is looked up: a large transaction's entries would be read as a whole
   where $5::text is null or (x.e).task = $5
)
select t.looked, t.last_lease, j.*
  from (select count(*)::integer as looked, (array_agg(id order by id desc))[1]::text as last_lease from seen) t
  left join lateral (
    select i.id, (h.e).lane, (h.e).task, (h.e).attempt, (h.e).crashes, (h.e).tracked, ((h.e).place).key, ((h.e).place).tenant,
           ((h.e).place).priority, h.worker, h.lease::text as at_lease, (h.e).xid::text as at_xid, ((h.e).seq + i.n)::text as at_seq
      from held h cross join lateral millrace.jobs_of(h.e) i
     where $2::uuid is null or (h.lease, (h.e).xid, (h.e).seq + i.n) > ($2, $3::xid8, $4::bigint)
     order by h.lease, (h.e).xid, (h.e).seq + i.n limit $6) j on true
