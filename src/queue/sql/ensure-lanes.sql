-- ensure-lanes.sql: makes the lanes of queues that are new, and answers all of the queues named. $1 queue names.
-- The cursor of a new lane starts with an empty past: nothing has been handed out, and whatever commits later is found.
with made as (
  insert into millrace.lane (queue, kind)
  select q, k from unnest($1::text[]) q cross join unnest(array['ready', 'quarantine']) k
   where not exists (select from millrace.lane l where l.queue = q and l.kind = k)
  on conflict (queue, kind) do nothing
  returning id, queue, kind
), started as (
  insert into millrace.cursor (lane, done, win, at_xid, at_seq)
  select id, '1:1:'::pg_snapshot, '1:1:'::pg_snapshot, '1'::xid8, 0 from made
)
select id, queue, kind from made
union all
select id, queue, kind from millrace.lane where queue = any ($1::text[])
