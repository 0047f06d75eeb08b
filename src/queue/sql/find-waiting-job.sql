-- find-waiting-job.sql: a job that waits for a worker. $1 id, $2 entries looked at, at most, in each lane. Answers on every
-- row how many were looked at in the lane with the most; one row without a job when it is not among them. There is no index
-- of ids: a scan that ends. What is waiting: see list-waiting.sql and list-waiting-flow.sql.
-- Index: entry_pkey from the cursor's position on, cursor_pkey and flow_pkey backwards.
with seen as materialized (
  select l.id as lane, w.xid, w.seq, w.id = $1::uuid or coalesce(position(decode(replace($1::text, '-', ''), 'hex') in w.pack) > 0, false) as is_it
    from millrace.lane l
    left join lateral (select c.* from millrace.cursor c where c.lane = l.id order by c.n desc limit 1) c on true
   cross join lateral (
      (select e.* from millrace.entry e
        where l.kind <> 'flow' and e.lane = l.id and (e.xid, e.seq) > (c.at_xid, c.at_seq)
          and not (pg_visible_in_snapshot(e.xid, c.win) and pg_visible_in_snapshot(e.xid, c.done))
        order by e.lane, e.xid, e.seq limit $2)
      union all
      (select e.* from millrace.entry e
        where l.kind <> 'flow' and e.lane = l.id and e.xid = any (array(select pg_snapshot_xip(c.win)))
          and (e.xid, e.seq) <= (c.at_xid, c.at_seq) limit $2)
      union all
      (select e.* from millrace.entry e
        where l.kind = 'flow' and e.lane = l.id and e.seq > coalesce((
          select f.taken from millrace.flow f where f.lane = e.lane and f.id = e.xid::text::bigint order by f.n desc limit 1), 0)
        order by e.lane, e.xid, e.seq limit $2)) w
   where w.task <> ''
), held as materialized (
  select e from seen s join millrace.entry e on e.lane = s.lane and e.xid = s.xid and e.seq = s.seq where s.is_it
)
select t.looked, j.*
  from (select coalesce(max(x.n), 0)::integer as looked from (select count(*) as n from seen group by lane) x) t
  left join (
    select i.id, (h.e).lane, (h.e).task, (h.e).attempt, (h.e).crashes, (h.e).tracked, ((h.e).place).key, ((h.e).place).tenant,
           ((h.e).place).priority, i.payload, (h.e).headers, (h.e).errors
      from held h cross join lateral millrace.jobs_of(h.e) i where i.id = $1::uuid) j on true
