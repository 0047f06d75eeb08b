-- append.sql: puts jobs into the log, or into deferred when they are to wait. One row per job of the arrays:
-- $1 lane, $2 id, $3 task, $4 tracked, $5 payload, $6 headers, $7 delay in ms (null: none), $8 idempotency key (null: none),
-- $9 how long that holds, in ms, $10 key, $11 tenant, $12 priority (null: the queue has no rules), $13 how long a key
-- may be waited for that an open transaction holds, in ms (null: as the connection says), $14 instead of a delay: until when
-- to wait, in ms since 1970 (null: as the delay says). Idempotency keys must be distinct within one call.
-- A job whose headers name a unique key holds it until it ends, in a scope of its own. One that was cancelled while it waited
-- has ended for others, wherever it still lies: its worker will only drop it.
-- Answers the keyed jobs only: the id that the key stands for, which is another job's when it was taken.
with patience as materialized (
  select case when $13::integer is not null then set_config('lock_timeout', $13::integer::text, true) end
), job as materialized (
  select t.lane, t.id, t.task, t.tracked, t.payload, t.headers, t.once, t.once_ms, t.n,
         case when t.run_at is null then t.delay_ms
              else greatest(t.run_at - floor(extract(epoch from millrace.now()) * 1000)::bigint, 0) end as delay_ms,
         case when t.headers ? 'unique' then t.task || ' unique' else t.task end as scope,
         case when t.priority is not null then row(t.key, t.tenant, t.priority)::millrace.place end as place
    from patience, unnest($1::smallint[], $2::uuid[], $3::text[], $4::boolean[], $5::text[], $6::jsonb[], $7::bigint[], $8::text[],
      $9::bigint[], $10::text[], $11::text[], $12::text[], $14::bigint[])
      with ordinality as t(lane, id, task, tracked, payload, headers, delay_ms, once, once_ms, key, tenant, priority, run_at, n)
), keyed as (
  insert into millrace.unique_key as u (scope, key, job, expires_at)
  select scope, once, id, millrace.now() + once_ms * interval '1 ms' from job where once is not null
   order by scope, once -- the same order everywhere: two processes with the same keys must not wait for each other
  on conflict (scope, key) do update
     set (job, expires_at) = (
       select case when f.is_free then excluded.job else u.job end, case when f.is_free then excluded.expires_at else u.expires_at end
         from (select u.expires_at <= millrace.now() or u.scope like '% unique' and exists (
           select from millrace.operation o where o.id = u.job and o.status = 'cancelled')) f(is_free))
  returning scope, key, job
), fresh as materialized (
  select j.* from job j left join keyed k on k.scope = j.scope and k.key = j.once where j.once is null or k.job = j.id
), appended as (
  insert into millrace.entry (lane, id, task, tracked, payload, headers, place)
  select lane, id, task, tracked, payload, millrace.stamped(headers, 0), place from fresh where delay_ms is null order by n
), delayed as (
  insert into millrace.deferred (due_at, id, lane, task, tracked, payload, headers, place)
  select millrace.now() + delay_ms * interval '1 ms', id, lane, task, tracked, payload, millrace.stamped(headers, delay_ms), place
    from fresh where delay_ms is not null
), followed as (
  insert into millrace.operation (id, task, status, submitted_at, owner)
  select id, task, case when delay_ms is null then 'queued' else 'scheduled' end, millrace.now(), (headers ->> 'actor')::uuid
    from fresh where tracked
)
select j.n::integer as n, k.job from job j join keyed k on k.scope = j.scope and k.key = j.once
