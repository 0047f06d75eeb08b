-- redrive.sql: dead letters back into the log, oldest first, with all attempts and crashes forgiven: one that died in
-- quarantine, where its priority was lost, goes to the normal lane. One that had a unique key takes it back if it is free. $1 to $7 which, as in
-- list-dead.sql; $8 and $9 when the last one of the block before died, and its id (null: begin); $10 count at most;
-- $11 died until (null: now): who dies again meanwhile is not taken twice; $12 milliseconds between two of them, by way of
-- deferred (null: all at once); $13 when the last one of the block before is due; $14 a payload instead, and
-- $15 the version of the task's input that it is (null: as they were).
-- Answers the ids of those that were there, their lanes, and where to go on.
-- Locks: the rows taken; those that another redrive has taken are its own, and are skipped. Index: dead_by_time,
-- dead_by_task or dead_pkey.
with chosen as materialized (
  select d.id from millrace.dead d
   where millrace.is_meant(d, $1::uuid[], $2::smallint[], $3::text, $4::text, $5::text, $6::timestamptz, $7::timestamptz)
     and ($8::timestamptz is null or (d.died_at, d.id) > ($8, $9::uuid))
     and d.died_at <= coalesce($11::timestamptz, millrace.now())
   order by d.died_at, d.id limit $10 for update skip locked
), taken as (
  delete from millrace.dead d using chosen c where d.id = c.id returning d.*
), base as materialized (
  select millrace.now() as at, $12::float8 * interval '1 ms' as gap
), placed as materialized (
  select t.*, case when $15::integer is null then t.headers else nullif(
           (coalesce(t.headers, '{}') - 'version') || case when $15 = 1 then '{}' else jsonb_build_object('version', $15::text) end, '{}')
         end as new_headers,
         case when not t.place is null then millrace.sibling(t.lane, 'intake', 'normal')
              when (select l.kind from millrace.lane l where l.id = t.lane) = 'quarantine' then millrace.sibling(t.lane, 'ready', 'normal')
              else t.lane end as to_lane,
         greatest(b.at, $13::timestamptz + b.gap) + (row_number() over (order by t.died_at, t.id) - 1) * b.gap as due_at
    from taken t cross join base b
), keyed as (
  -- as append.sql does it; of two letters with one key the older one has it
  insert into millrace.unique_key as u (scope, key, job, expires_at)
  select distinct on (task, headers ->> 'unique') task || ' unique', headers ->> 'unique', id, millrace.now() + interval '10 years'
    from placed where headers ? 'unique' order by task, headers ->> 'unique', died_at, id
  on conflict (scope, key) do update set job = excluded.job, expires_at = excluded.expires_at
   where u.expires_at <= millrace.now()
      or exists (select from millrace.operation o where o.id = u.job and o.status = 'cancelled')
), appended as (
  insert into millrace.entry (lane, id, task, tracked, payload, headers, place)
  select to_lane, id, task, tracked, coalesce($14::text, payload), millrace.redriven(new_headers, null), place
    from placed where due_at is null order by died_at, id
), spread as (
  insert into millrace.deferred (due_at, id, lane, task, tracked, payload, headers, place)
  select due_at, id, to_lane, task, tracked, coalesce($14::text, payload), millrace.redriven(new_headers, due_at), place
    from placed where due_at is not null
), told as (
  -- the operation of an old dead letter may have been forgotten meanwhile
  insert into millrace.operation as o (id, task, status, submitted_at, owner)
  select id, task, case when due_at is null then 'queued' else 'scheduled' end, millrace.now(), (headers ->> 'actor')::uuid
    from placed where tracked
  on conflict (id) do update
     set status = excluded.status, error = null, ended_at = null, cancel_requested_at = null, version = o.version + 1
)
select coalesce(array_agg(id order by died_at, id), '{}') as ids, coalesce(array_agg(distinct to_lane::integer), '{}') as lanes,
       max(died_at)::text as last_died, (array_agg(id order by died_at desc, id desc))[1] as last_id, max(due_at) as last_due_at,
       max(due_at)::text as last_due
  from placed
