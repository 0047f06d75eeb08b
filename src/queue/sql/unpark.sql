-- unpark.sql: parked jobs that a release can run go back into their lanes. $1 tasks, $2 and $3 the oldest and newest version
-- of each, $4 count at most, $5 parked before (null: now). Writes nothing, and burns no transaction id, when there is none.
-- Locks: the rows taken; those that another process takes back are skipped. Index: parked_by_task, a range for each task.
-- Answers how many there were, their lanes, those that are tracked, and the moment for the next call.
with pass as materialized (
  select coalesce($5::timestamptz, millrace.now()) as at
), fit as materialized (
  select p.at from pass
   cross join unnest($1::text[], $2::smallint[], $3::smallint[]) as r(task, oldest, newest)
   cross join lateral (
     select p.ctid as at from millrace.parked p
      where p.task = r.task and p.why = 'unknown' and p.version between r.oldest and r.newest and p.parked_at <= pass.at
      limit $4 for update skip locked) p
   limit $4
), taken as (
  delete from millrace.parked p where p.ctid = any (array(select f.at from fit f)) returning p.*
), appended as (
  insert into millrace.entry (lane, id, task, tracked, attempt, crashes, payload, headers, errors, place)
  select lane, id, task, tracked, attempt, crashes, payload, headers, errors, place from taken order by parked_at, id
), told as (
  update millrace.operation o set status = 'queued', version = o.version + 1
    from taken t where t.tracked and o.id = any (array[t.id]) and o.status = 'scheduled'
)
select count(t.id)::integer as moved, coalesce(array_agg(distinct t.lane::integer) filter (where t.lane is not null), '{}') as lanes,
       coalesce(array_agg(t.id) filter (where t.tracked), '{}') as tracked, pass.at::text as before
  from pass left join taken t on true group by pass.at
