-- history.sql: what is remembered of ended jobs, and the partitions that hold it.

-- is_remembered: the default is failures, cancellations and tracked jobs; a task may want all of its jobs, or none.
create or replace function millrace.is_remembered(kind text, tracked boolean, headers jsonb) returns boolean language sql immutable as $$
  select case headers ->> 'history' when 'all' then true when 'none' then false else tracked or kind <> 'succeeded' end
$$;

-- keep_history: makes the partitions of today and the next `ahead` days, drops those that ended more than `kept` days ago, and deletes as old rows from the default partition. Answers how many were made and dropped.
-- Locks: the parent for a moment, for which it waits no longer than lock_ms; the next call tries again.
create or replace function millrace.keep_history(kept integer, ahead integer, lock_ms integer)
returns table (made integer, dropped integer) language plpgsql as $$
declare
  today date := (millrace.now() at time zone 'utc')::date;
  day date;
  part record;
begin
  made := 0;
  dropped := 0;
  if not pg_try_advisory_xact_lock(7730, 0) then
    return next;
    return;
  end if;
  perform set_config('lock_timeout', lock_ms::text, true);
  for day in select today + n from generate_series(0, ahead) n loop
    continue when to_regclass('millrace.history_' || to_char(day, 'YYYYMMDD')) is not null;
    begin
      execute format('create table millrace.%I (like millrace.history including defaults including constraints)',
        'history_' || to_char(day, 'YYYYMMDD'));
      execute format('alter table millrace.history attach partition millrace.%I for values from (%L) to (%L)',
        'history_' || to_char(day, 'YYYYMMDD'), day || ' 00:00:00Z', day + 1 || ' 00:00:00Z');
      made := made + 1;
    exception
      -- rows of that day are in the default partition already, or somebody reads: the default partition serves
      when check_violation or lock_not_available then null;
    end;
  end loop;
  for part in
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'millrace.history'::regclass and c.relname ~ '^history_\d{8}$'
       and to_date(right(c.relname, 8), 'YYYYMMDD') < today - kept
     order by c.relname
  loop
    begin
      execute format('drop table millrace.%I', part.name);
      dropped := dropped + 1;
    exception when lock_not_available then null;
    end;
  end loop;
  delete from millrace.history_rest where ended_at < today - kept;
  return next;
end $$;
