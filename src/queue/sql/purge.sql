-- purge.sql: what nobody will ask for any more: ended operations after $1 ms, records of effects after $3 ms, expired keys, past
-- debounces, flows and tenants that mean nothing any more. At most $2 rows of each kind. Answers how many went of the kind of
-- which most did. Index: those by time, and flow_idle. Tenants that mean something are those served of late: few, and read.
with old as (
  delete from millrace.operation where id in (
    select id from millrace.operation where ended_at < millrace.now() - $1::bigint * interval '1 ms' order by ended_at limit $2)
  returning 1
), expired as (
  delete from millrace.unique_key where (scope, key) in (
    select scope, key from millrace.unique_key where expires_at < millrace.now() order by expires_at limit $2)
  returning 1
), done as (
  delete from millrace.effect where (job, name) in (
    select job, name from millrace.effect where done_at < millrace.now() - $3::bigint * interval '1 ms' order by done_at limit $2)
  returning 1
), silent as (
  delete from millrace.debounce where (task, key) in (
    select task, key from millrace.debounce where due_at < millrace.now() - interval '1 minute' order by due_at limit $2)
  returning 1
), idle as (
  delete from millrace.flow where (lane, id, n) in (
    select lane, id, n from millrace.flow
     where arrived = taken and running = 0 and not has_turn and coalesce(next_at, '-infinity') < millrace.now() limit $2)
  returning 1
), settled as (
  delete from millrace.tenant where (lane, priority, id, n) in (
    select t.lane, t.priority, t.id, t.n from millrace.tenant t
      join lateral (select s.clock from millrace.scheduler s where s.lane = t.lane order by s.n desc limit 1) s on true
     where t.finish <= s.clock[t.priority] limit $2)
  returning 1
)
select greatest((select count(*) from old), (select count(*) from expired), (select count(*) from done),
                (select count(*) from silent), (select count(*) from idle), (select count(*) from settled))::integer as purged
