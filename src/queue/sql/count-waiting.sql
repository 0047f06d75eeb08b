-- count-waiting.sql: how many jobs of each lane have not been handed out. $1 entries looked at, at most, per lane; $2 lanes
-- (null: all). Answers the entries, the jobs in them and the oldest id. What is waiting: see list-waiting.sql and
-- list-waiting-flow.sql.
-- Index: entry_pkey from the cursor's position on, cursor_pkey and flow_pkey backwards.
select l.id::integer as lane, w.entries, w.jobs, w.oldest
  from millrace.lane l
  left join lateral (select c.* from millrace.cursor c where c.lane = l.id order by c.n desc limit 1) c on true
 cross join lateral (
    select count(*)::integer as entries, coalesce(sum(x.count), 0)::integer as jobs, min(x.id::text) as oldest from (
      (select e.id, e.count from millrace.entry e
        where l.kind <> 'flow' and e.lane = l.id and (e.xid, e.seq) > (c.at_xid, c.at_seq) and e.task <> ''
          and not (pg_visible_in_snapshot(e.xid, c.win) and pg_visible_in_snapshot(e.xid, c.done))
        order by e.lane, e.xid, e.seq limit $1)
      union all
      (select e.id, e.count from millrace.entry e
        where l.kind <> 'flow' and e.lane = l.id and e.xid = any (array(select pg_snapshot_xip(c.win)))
          and (e.xid, e.seq) <= (c.at_xid, c.at_seq) and e.task <> '' limit $1)
      union all
      (select e.id, e.count from millrace.entry e
        where l.kind = 'flow' and e.lane = l.id and e.task <> '' and e.seq > coalesce((
          select f.taken from millrace.flow f where f.lane = e.lane and f.id = e.xid::text::bigint order by f.n desc limit 1), 0)
        order by e.lane, e.xid, e.seq limit $1)) x) w
 where $2::smallint[] is null or l.id = any ($2)
