-- read-schedules.sql: where each schedule stands. $1 names. Answers the last tick fired (or when the schedule was first
-- seen) and the database's time, in milliseconds since 1970. Index: tick_pkey, backwards.
with seen as (
  insert into millrace.schedule (name, first_seen_at)
  select n, millrace.now() from unnest($1::text[]) n where not exists (select from millrace.schedule s where s.name = n)
  on conflict (name) do nothing
  returning name, first_seen_at
), known as (
  select name, first_seen_at from seen
  union all
  select name, first_seen_at from millrace.schedule where name = any ($1::text[])
)
select k.name,
       extract(epoch from coalesce(
         (select t.due_at from millrace.tick t
            where t.schedule = k.name and t.due_at <= millrace.now() -- a clock that ran ahead left none that count
            order by t.due_at desc limit 1), least(k.first_seen_at, millrace.now())
       ))::float8 * 1000 as since_ms,
       extract(epoch from millrace.now())::float8 * 1000 as now_ms
  from known k
