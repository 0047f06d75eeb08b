-- append-debounced.sql: puts a debounced job into deferred, new or with the input of a later submit. $1 due at, id, task and
-- payload, $2 lane, $3 tracked, $4 headers, $5 key, $6 tenant and $7 priority of its place (priority null: the queue has no
-- rules). An operation that is there stays as it is.
with job as materialized (
  select t.v[1]::timestamptz as due_at, t.v[2]::uuid as id, t.v[3] as task, t.v[4] as payload from (select $1::text[] as v) t
), waiting as (
  insert into millrace.deferred (due_at, id, lane, task, tracked, payload, headers, place)
  select due_at, id, $2::smallint, task, $3::boolean, payload,
         millrace.stamped($4::jsonb, (extract(epoch from due_at - millrace.now()) * 1000)::bigint),
         case when $7::text is not null then row($5::text, $6::text, $7::text)::millrace.place end
    from job
)
insert into millrace.operation (id, task, status, submitted_at, owner)
select id, task, 'scheduled', millrace.now(), ($4::jsonb ->> 'actor')::uuid from job where $3::boolean
on conflict (id) do nothing
