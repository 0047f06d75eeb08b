-- purge.sql: what nobody will ask for any more: ended operations after $1 ms, expired keys. At most $2 rows each.
with old as (
  delete from millrace.operation where id in (
    select id from millrace.operation where ended_at < millrace.now() - $1::bigint * interval '1 ms' order by ended_at limit $2)
), expired as (
  delete from millrace.unique_key where (scope, key) in (
    select scope, key from millrace.unique_key where expires_at < millrace.now() order by expires_at limit $2)
)
select 1
