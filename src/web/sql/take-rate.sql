-- take-rate.sql: one more of what a client may do so often only. $1 key, $2 milliseconds between two, $3 milliseconds that it
-- may be ahead. Answers how many milliseconds too early it is, and takes nothing then; 0: it was taken.
-- Index: rate_pkey. Locks: the client's row.
with taken as (
  insert into millrace.rate as r (key, next_at) values ($1, millrace.now() + $2::float8 * interval '1 ms')
  on conflict (key) do update set next_at = greatest(r.next_at, millrace.now()) + $2::float8 * interval '1 ms'
   where greatest(r.next_at, millrace.now()) <= millrace.now() + ($3::float8 - $2::float8) * interval '1 ms'
  returning 1
)
select case when exists (select from taken) then 0 else greatest(1, (
  select extract(epoch from r.next_at - millrace.now()) * 1000 - $3::float8 + $2::float8 from millrace.rate r where r.key = $1
))::float8 end as early_ms
