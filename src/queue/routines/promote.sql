-- promote.sql: moves jobs whose time has come from deferred into the log, and knows how far back it has to look.
--
-- A pass goes on from where the last one ended. What is committed late, when its time has passed already, lies behind it. Every
-- few seconds a pass therefore begins at the floor: nothing comes below it any more, because whatever was being written when
-- it was noted has ended, and a pass has looked since. Ten minutes after the last one a pass begins at the very edge: a
-- process that was stopped between the clock's answer and its first write, or a clock that was set back, loses nothing either.

-- Where a pass begins that is to find everything.
create or replace function millrace.promotion_floor() returns timestamptz language sql stable as $$
  select coalesce((
    select case when millrace.now() between p.swept_at and p.swept_at + interval '10 minutes' then p.floor end
      from millrace.promotion p order by p.n desc limit 1), '-infinity')
$$;

-- promote: count_max; after: where the last pass ended, so that dead index entries before it are not walked again and again
-- (null: from the floor).
-- Answers besides where a pass began that finds everything, and the oldest transaction that was under way then.
-- Locks: one promoting process at a time; the others answer nothing and need not wait.
create or replace function millrace.promote(count_max integer, after timestamptz)
returns table (moved integer, lanes smallint[], last_due timestamptz, began_at timestamptz, oldest xid8) language plpgsql as $$
#variable_conflict use_column
declare
  locked boolean := pg_try_advisory_xact_lock(7728, 0);
  -- before the look: what ends in between is none that it has seen
  under_way xid8 := pg_snapshot_xmin(pg_current_snapshot());
  start timestamptz := coalesce(after, millrace.promotion_floor());
begin
  if not locked then
    return;
  end if;
  return query
  with due as materialized (
    select d.ctid as at from millrace.deferred d
     where d.due_at >= start and d.due_at <= millrace.now()
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
  select count(*)::integer, array_agg(distinct t.lane), max(t.due_at), start, under_way from taken t;
end $$;

-- raise_floor: a pass that began at began_at, when `oldest` was the oldest transaction under way, has moved all that was due.
-- late_ms: how long after it has asked for the time a transaction may write at the latest.
-- Index: promotion_pkey backwards. Locks: those of promote, for which nobody waits.
create or replace function millrace.raise_floor(began_at timestamptz, oldest xid8, late_ms integer) returns void language plpgsql as $$
declare
  p millrace.promotion;
  at timestamptz := millrace.now();
  is_new boolean; -- nothing is known, or the clock was set back
  is_over boolean; -- what was under way when the next floor was noted
begin
  if not pg_try_advisory_xact_lock(7728, 0) then
    return;
  end if;
  select * into p from millrace.promotion order by n desc limit 1;
  is_new := p.n is null or at < p.swept_at;
  is_over := oldest >= p.next_xid;
  -- a pass that began above the floor: somebody else has lowered it
  if not is_new and (began_at > p.floor or not is_over and began_at > '-infinity') then
    return;
  end if;
  insert into millrace.promotion (floor, next_floor, next_xid, swept_at)
  values (case when is_new then '-infinity' when is_over then p.next_floor else p.floor end,
          case when is_new or is_over then at - late_ms * interval '1 ms' else p.next_floor end,
          case when is_new or is_over then pg_current_xact_id() else p.next_xid end,
          case when began_at = '-infinity' then at else p.swept_at end);
  delete from millrace.promotion where n = p.n;
end $$;
