-- list-waiting.sql: jobs of a lane that have not been handed out, in the order of the log. $1 lane, not a flow lane; $2 and $3
-- xid and number of the last job seen (null: begin); $4 task (null: any); $5 jobs at most; $6 entries looked at, at most.
-- Answers jobs, and on every row how many entries were looked at and where the last one ended; one row without a job when
-- none was found. What is waiting, by the cursor: see millrace.advance.
-- Index: entry_pkey, from the cursor's position on.
with c as materialized (
  select done, win, at_xid, at_seq from millrace.cursor where lane = $1::smallint order by n desc limit 1
), a as materialized (
  -- a pack has at most 100 jobs: the one that was being listed begins no further back
  select coalesce($2::xid8, '0') as xid, coalesce($3::bigint - 100, 0) as seq
), late as (
  select e.* from millrace.entry e
   where e.lane = $1::smallint and e.xid = any (array(select pg_snapshot_xip(win) from c))
     and (e.xid, e.seq) <= ((select at_xid from c), (select at_seq from c))
     and (e.xid, e.seq) > ((select xid from a), (select seq from a)) and e.task <> ''
   order by e.lane, e.xid, e.seq limit $6
), rest as (
  select e.* from millrace.entry e
   where e.lane = $1::smallint
     and (e.xid, e.seq) > (
       (select case when (a.xid, a.seq) > (c.at_xid, c.at_seq) then a.xid else c.at_xid end from a, c),
       (select case when (a.xid, a.seq) > (c.at_xid, c.at_seq) then a.seq else c.at_seq end from a, c))
     and not (pg_visible_in_snapshot(e.xid, (select win from c)) and pg_visible_in_snapshot(e.xid, (select done from c)))
     and e.task <> ''
   order by e.lane, e.xid, e.seq limit $6
), seen as materialized (
  select s.* from (select * from late union all select * from rest) s order by s.xid, s.seq limit $6
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
