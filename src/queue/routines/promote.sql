-- promote.sql: moves jobs whose time has come from deferred into the log. count_max; after: where the last pass ended, so
-- that dead index entries at the left edge are not walked again and again (null: from the edge, for late commits).
-- Locks: one promoting process at a time; the others answer nothing and need not wait.
create or replace function millrace.promote(count_max integer, after timestamptz)
returns table (moved integer, lanes smallint[], last_due timestamptz) language plpgsql as $$
#variable_conflict use_column
begin
  if not pg_try_advisory_xact_lock(7728, 0) then
    return;
  end if;
  return query
  with due as materialized (
    select d.ctid as at from millrace.deferred d
     where d.due_at >= coalesce(after, '-infinity') and d.due_at <= millrace.now()
     order by d.due_at, d.id limit count_max
  ), taken as (
    delete from millrace.deferred d where d.ctid = any (array(select due.at from due)) returning d.*
  ), appended as (
    insert into millrace.entry (lane, id, task, tracked, attempt, crashes, payload, headers, errors, place, holds)
    select lane, id, task, tracked, attempt, crashes, payload, headers, errors, place, holds from taken order by due_at, id
  ), told as (
    update millrace.operation o set status = 'queued', version = o.version + 1
      from taken t where t.tracked and o.id = any (array[t.id]) and o.status = 'scheduled'
  )
  select count(*)::integer, array_agg(distinct t.lane), max(t.due_at) from taken t;
end $$;
