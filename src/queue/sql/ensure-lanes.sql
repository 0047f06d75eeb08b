-- ensure-lanes.sql: makes the lanes of queues that are new, keeps their rules, and answers the lanes of all queues named. One
-- row per queue of the arrays: $1 name, $2 whether it is governed, $3 concurrency, $4 and $5 rate (count, ms), $6 concurrency
-- per key, $7 fifo per key, $8 and $9 rate per key, $10 fair, $11 partitions.
-- The cursor of a new lane starts with an empty past: nothing has been handed out, and whatever commits later is found.
with declared as materialized (
  select * from unnest($1::text[], $2::boolean[], $3::integer[], $4::integer[], $5::integer[], $6::integer[], $7::boolean[],
    $8::integer[], $9::integer[], $10::boolean[], $11::integer[])
    as t(name, is_governed, concurrency, rate_count, rate_ms, key_concurrency, key_is_fifo, key_rate_count, key_rate_ms, is_fair,
      partitions)
), ruled as (
  insert into millrace.queue as q
    (name, concurrency, rate_count, rate_ms, key_concurrency, key_is_fifo, key_rate_count, key_rate_ms, is_fair)
  select name, concurrency, rate_count, rate_ms, key_concurrency, key_is_fifo, key_rate_count, key_rate_ms, is_fair
    from declared order by name
  on conflict (name) do update
     set concurrency = excluded.concurrency, rate_count = excluded.rate_count, rate_ms = excluded.rate_ms,
         key_concurrency = excluded.key_concurrency, key_is_fifo = excluded.key_is_fifo,
         key_rate_count = excluded.key_rate_count, key_rate_ms = excluded.key_rate_ms, is_fair = excluded.is_fair
   where (q.concurrency, q.rate_count, q.rate_ms, q.key_concurrency, q.key_is_fifo, q.key_rate_count, q.key_rate_ms, q.is_fair)
         is distinct from
         (excluded.concurrency, excluded.rate_count, excluded.rate_ms, excluded.key_concurrency, excluded.key_is_fifo,
          excluded.key_rate_count, excluded.key_rate_ms, excluded.is_fair)
  returning name
), woken as (
  -- what waited for the old rules is looked at again: an entry without a task for each flow, and one for the queue
  insert into millrace.entry (lane, id, task, tracked, payload, place)
  select i.id, gen_random_uuid(), '', false, '0', f.place
    from ruled r join millrace.lane i on i.queue = r.name and i.kind = 'intake' join millrace.lane w on w.queue = r.name and w.kind = 'flow'
   cross join lateral (
     select f.place from millrace.flow f where f.lane = w.id and not f.has_turn and f.arrived > f.taken
     union all select null) f
), wanted as (
  select d.name as queue, k.kind, k.priority, p as partition from declared d
   cross join (values ('ready', 'high'), ('ready', 'normal'), ('ready', 'low'), ('quarantine', 'normal'), ('intake', 'normal'),
     ('flow', 'normal')) k(kind, priority)
   cross join lateral generate_series(0, case when k.kind = 'ready' then d.partitions else 1 end - 1) p
   where d.is_governed or k.kind in ('ready', 'quarantine')
), made as (
  insert into millrace.lane (queue, kind, priority, partition)
  select queue, kind, priority, partition from wanted w
   where not exists (
     select from millrace.lane l
      where l.queue = w.queue and l.kind = w.kind and l.priority = w.priority and l.partition = w.partition)
   order by queue, kind, priority, partition -- the same order everywhere: two that start must not wait for each other
  on conflict (queue, kind, priority, partition) do nothing
  returning id, queue, kind, priority, partition
), started as (
  insert into millrace.cursor (lane, done, win, at_xid, at_seq)
  select id, '1:1:'::pg_snapshot, '1:1:'::pg_snapshot, '1'::xid8, 0 from made where kind <> 'flow'
), scheduled as (
  insert into millrace.scheduler (lane, clock, at_n, running) select id, '{0,0,0}', '{0,0,0}', 0 from made where kind = 'flow'
)
select id, queue, kind, priority, partition from made
union all
select id, queue, kind, priority, partition from millrace.lane where queue = any ($1::text[])
 order by partition
