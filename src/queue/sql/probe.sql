-- probe.sql: all that an idle worker has to look for, in one statement that only reads: which of these lanes have work, when
-- the next deferred job is due, which other workers of this machine there are, whether one anywhere has died, and whether
-- jobs are parked. $1 lanes, $2 how far promotion has come (null: to its floor), $3 machine, $4 this worker. A lane has work
-- when an entry lies past its position, or belongs to a transaction that was in flight when its window opened; a flow lane,
-- when a flow has its turn and the queue's limits have room. A paused queue has none.
-- Index: entry_pkey from the position on, cursor_pkey and scheduler_pkey backwards, turn_pkey from the clock on,
-- deferred_pkey from $2 on.
select
  array(
    select l.id from millrace.lane l join millrace.queue q on q.name = l.queue
     where l.id = any ($1::smallint[]) and q.paused_at is null
       and case when l.kind = 'flow' then exists (
         select from (select * from millrace.scheduler s where s.lane = l.id order by s.n desc limit 1) s
          where (q.concurrency is null or s.running < q.concurrency)
            and millrace.allowance(s.next_at, q.rate_count, q.rate_ms, millrace.now()) > 0
            and exists (
              select from generate_series(1, 3) p cross join lateral (
                select from millrace.turn t where t.lane = l.id and t.priority = p and (t.start, t.n) > (s.clock[p], s.at_n[p]) limit 1) t)
       ) else exists (
         select from (select c.win, c.at_xid, c.at_seq from millrace.cursor c where c.lane = l.id order by c.n desc limit 1) c
          where exists (select from millrace.entry e where e.lane = l.id and (e.xid, e.seq) > (c.at_xid, c.at_seq))
             or exists (select from millrace.entry e where e.lane = l.id and e.xid = any (array(select pg_snapshot_xip(c.win))))
       ) end
  )::integer[] as lanes,
  (select (extract(epoch from d.due_at - millrace.now()) * 1000)::float8 from millrace.deferred d
    where d.due_at >= coalesce($2::timestamptz, millrace.promotion_floor()) order by d.due_at limit 1) as due_in_ms,
  (select coalesce(json_agg(json_build_object('id', w.id, 'pid', w.pid, 'startedAt', w.process_started)), '[]')
     from millrace.worker w where w.machine = $3 and w.gone_at is null and w.id <> $4::uuid) as peers,
  exists (
    select from millrace.worker w
     where w.id <> $4::uuid and case when w.gone_at is null then w.expires_at <= millrace.now()
       else w.gone_at < millrace.now() - interval '1 hour' or exists (select from millrace.lease l where l.worker = w.id) end
  ) as has_dead,
  exists (select from millrace.parked p where p.why = 'unknown') as has_parked
