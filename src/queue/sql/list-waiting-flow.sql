-- list-waiting-flow.sql: jobs of a flow lane that have not been handed out, flow by flow. Parameters and answer as of
-- list-waiting.sql. A flow's jobs are handed out in order: those up to its `taken` run.
-- Index: entry_pkey, flow_pkey backwards.
with seen as materialized (
  select e.* from millrace.entry e
   where e.lane = $1::smallint and (e.xid, e.seq) > (coalesce($2::xid8, '0'), coalesce($3::bigint - 100, 0)) and e.task <> ''
     and e.seq > coalesce((
       select f.taken from millrace.flow f where f.lane = e.lane and f.id = e.xid::text::bigint order by f.n desc limit 1), 0)
   order by e.lane, e.xid, e.seq limit $6
)
select t.looked, t.last_xid, t.last_seq, j.*
  from (select count(*)::integer as looked, (array_agg(xid::text order by xid desc, seq desc))[1] as last_xid,
               (array_agg((seq + count - 1)::text order by xid desc, seq desc))[1] as last_seq from seen) t
  left join lateral (
    select i.id, s.lane, s.task, s.attempt, s.crashes, s.tracked, (s.place).key, (s.place).tenant, (s.place).priority,
           s.xid::text as at_xid, (s.seq + i.n)::text as at_seq
      from seen s cross join lateral millrace.jobs_of(s) i
     where ($4::text is null or s.task = $4) and ($2::xid8 is null or (s.xid, s.seq + i.n) > ($2, $3::bigint))
     order by s.xid, s.seq + i.n limit $5) j on true
