-- take-rate.sql: one more of what a client may do so often only, counted as starts of jobs are (queue/routines/governed-rates.sql).
-- $1 key, $2 how many at once, $3 milliseconds in which as many may follow. Answers how many milliseconds too early it is, and
-- takes nothing then; 0: it was taken.
-- Index: rate_pkey. Locks: the client's row.
with taken as (
  insert into millrace.rate as r (key, next_at) values ($1, millrace.spend(null, $2::integer, $3::integer, millrace.now(), 1))
  on conflict (key) do update set next_at = millrace.spend(r.next_at, $2::integer, $3::integer, millrace.now(), 1)
   where millrace.allowance(r.next_at, $2::integer, $3::integer, millrace.now()) > 0
  returning 1
)
select case when exists (select from taken) then 0 else greatest(1, (
  select extract(epoch from millrace.next_start(r.next_at, $2::integer, $3::integer) - millrace.now()) * 1000
    from millrace.rate r where r.key = $1
))::float8 end as early_ms
