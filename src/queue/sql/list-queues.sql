-- list-queues.sql: queues with their rules, and where the scheduler of a governed one stands. $1 name (null: all).
-- Index: scheduler_pkey, backwards.
select q.name, q.paused_at, q.concurrency, q.rate_count, q.rate_ms, q.key_concurrency, q.key_is_fifo, q.key_rate_count,
       q.key_rate_ms, q.is_fair, s.running as held,
       case when q.rate_count is not null and s.next_at > millrace.now() and millrace.allowance(s.next_at, q.rate_count, q.rate_ms, millrace.now()) = 0
            then millrace.next_start(s.next_at, q.rate_count, q.rate_ms) end as next_start_at
  from millrace.queue q
  left join millrace.lane l on l.queue = q.name and l.kind = 'flow'
  left join lateral (select * from millrace.scheduler x where x.lane = l.id order by x.n desc limit 1) s on true
 where $1::text is null or q.name = $1
 order by q.name
