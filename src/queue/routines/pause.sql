-- pause.sql: brings the jobs of a task that was paused back into the log, count_max at most, in the order in which they were
-- parked. Attempts, errors and place are as they were; one of a governed queue has given up its slot and goes through the
-- intake for another. Locks: one such call per task at a time, so that blocks come back in order.
create or replace function millrace.resume_parked(of_task text, count_max integer)
returns table (moved integer, lanes smallint[]) language plpgsql as $$
begin
  perform pg_advisory_xact_lock(7729, hashtext(of_task));
  return query
  with taken as (
    delete from millrace.parked p
     where p.ctid = any (array(
       select x.ctid from millrace.parked x where x.task = of_task and x.why = 'paused' order by x.n limit count_max))
    returning p.*
  ), placed as materialized (
    select t.*, case when t.place is null then t.lane else millrace.sibling(t.lane, 'intake', 'normal') end as to_lane from taken t
  ), appended as (
    insert into millrace.entry (lane, id, task, tracked, attempt, crashes, payload, headers, errors, place)
    select p.to_lane, p.id, p.task, p.tracked, p.attempt, p.crashes, p.payload, p.headers, p.errors, p.place
      from placed p order by p.n
  ), told as (
    update millrace.operation o set status = 'queued', version = o.version + 1
      from placed p where p.tracked and o.id = any (array[p.id]) and o.status = 'scheduled'
  )
  select count(*)::integer, array_agg(distinct p.to_lane) from placed p;
end $$;
