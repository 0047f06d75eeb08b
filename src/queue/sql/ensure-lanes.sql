-- ensure-lanes.sql: makes the lanes of queues that are new, and answers all of the queues named. $1 queue names.
-- The cursor of a new lane starts with an empty past: nothing has been handed out, and whatever commits later is found.
with wanted as (
  select q as queue, k.kind, k.priority from unnest($1::text[]) q
   cross join (values ('ready', 'high'), ('ready', 'normal'), ('ready', 'low'), ('quarantine', 'normal')) k(kind, priority)
), made as (
  insert into millrace.lane (queue, kind, priority)
  select queue, kind, priority from wanted w
   where not exists (
     select from millrace.lane l where l.queue = w.queue and l.kind = w.kind and l.priority = w.priority)
  on conflict (queue, kind, priority) do nothing
  returning id, queue, kind, priority
), started as (
  insert into millrace.cursor (lane, done, win, at_xid, at_seq)
  select id, '1:1:'::pg_snapshot, '1:1:'::pg_snapshot, '1'::xid8, 0 from made
)
select id, queue, kind, priority from made
union all
select id, queue, kind, priority from millrace.lane where queue = any ($1::text[])
