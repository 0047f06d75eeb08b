-- claim.sql: leases the next jobs of a lane to a worker.
-- for_lane, count_max jobs, in packs of pack_max jobs at most, by_worker. Locks: the lane's advisory lock until the end of
-- the transaction, no row. A queue that is paused has nothing to claim.
--
-- Its commit waits for no disk. When the server crashes before it is there, the claim has not happened: the jobs are handed
-- out again, as those of a dead worker would be. Whatever settles them later flushes it as well.
--
-- It runs some hundred times a second on a process that is nearly idle, and each statement costs more than its work: hence
-- assignments instead of PERFORM, which would be statements, and CTEs.
create or replace function millrace.claim(for_lane smallint, count_max integer, pack_max integer, by_worker uuid)
returns setof millrace.claimed language plpgsql as $$
declare
  done text := set_config('synchronous_commit', 'off', true);
  locked text := pg_advisory_xact_lock(7727, for_lane)::text; -- before the rules are read: a pause waits for it
  rules millrace.claim_rules := millrace.claim_rules_of(for_lane, by_worker);
begin
  if not rules.is_paused then
    return query select * from millrace.hand_out(
      for_lane,
      case when rules.intake is null then millrace.advance(for_lane, count_max, pack_max)
           else millrace.advance_held(for_lane, rules.intake, count_max, pack_max) end,
      rules.has_paused_tasks, by_worker);
  end if;
end $$;

-- What may be claimed at all, and how. Fails when the worker was declared dead.
create or replace function millrace.claim_rules_of(for_lane smallint, by_worker uuid)
returns millrace.claim_rules language plpgsql as $$
declare
  rules millrace.claim_rules;
  is_alive boolean;
begin
  select exists (select from millrace.worker w where w.id = by_worker and w.gone_at is null),
         q.paused_at is not null,
         exists (select from millrace.paused_task),
         case when l.kind = 'ready' and millrace.is_governed(q) then millrace.sibling(for_lane, 'intake', 'normal') end
    into is_alive, rules.is_paused, rules.has_paused_tasks, rules.intake
    from millrace.lane l join millrace.queue q on q.name = l.queue where l.id = for_lane;
  if not is_alive then
    raise exception 'worker % holds no lease any more', by_worker using errcode = 'MR001';
  end if;
  return rules;
end $$;

-- Leases the entries of `batch`, all but those whose task is paused: they are parked.
create or replace function millrace.hand_out(for_lane smallint, batch millrace.entry[], has_paused_tasks boolean, by_worker uuid)
returns setof millrace.claimed language plpgsql as $$
begin
  if has_paused_tasks then
    batch := millrace.park_paused(batch, true);
  end if;
  if cardinality(batch) > 0 then
    return query
      with leased as (
        insert into millrace.lease (worker, lane, xids, seqs, counts)
        select by_worker, for_lane, array_agg(b.xid), array_agg(b.seq), array_agg(b.count) from unnest(batch) b
        returning id
      )
      select l.id, b.xid, b.seq, b.id, b.task, b.tracked, b.attempt, b.crashes, b.payload, b.headers, b.count, b.pack, b.holds
        from leased l cross join unnest(batch) b;
  end if;
end $$;

-- Takes the jobs of paused tasks out of the log, and answers the other entries. What holds a slot gives it back, unless the
-- scheduler has not counted it yet (routines/governed.sql).
create or replace function millrace.park_paused(batch millrace.entry[], has_counted boolean) returns millrace.entry[] language plpgsql as $$
declare
  rest millrace.entry[];
begin
  select coalesce(array_agg(b), '{}') into rest from unnest(batch) b
   where not exists (select from millrace.paused_task p where p.task = b.task);
  if cardinality(rest) < cardinality(batch) then
    with stopped as materialized (
      select b from unnest(batch) b where exists (select from millrace.paused_task p where p.task = (b).task)
    ), gone as (
      -- where they lie, found by their keys: see sql/settle-succeeded.sql
      delete from millrace.entry e where e.ctid = any (array(
        select (select x.ctid from millrace.entry x where x.lane = (s.b).lane and x.xid = (s.b).xid and x.seq = (s.b).seq)
          from stopped s))
      returning e
    ), released as (
      insert into millrace.entry (lane, id, task, tracked, payload, place)
      select millrace.sibling((g.e).lane, 'intake', 'normal'), gen_random_uuid(), '', false, count(*)::text, (g.e).place
        from gone g where has_counted and (g.e).holds group by (g.e).lane, (g.e).place
    )
    insert into millrace.parked (id, lane, task, version, why, parked_at, tracked, attempt, crashes, payload, headers, errors, place)
    select j.id, (g.e).lane, (g.e).task, 1, 'paused', millrace.now(), (g.e).tracked, (g.e).attempt, (g.e).crashes, j.payload,
           (g.e).headers, (g.e).errors, (g.e).place
      from gone g cross join lateral millrace.jobs_of(g.e) j order by (g.e).xid, (g.e).seq, j.n;
  end if;
  return rest;
end $$;

-- advance: takes the next entries of a lane, which are then handed out for good.
-- Index: entry_pkey, always from the cursor's position on; nothing behind it is looked at.
--
-- Insert order is not commit order, so the cursor is no id but a pair of snapshots (PgQ's idea). What is visible in `done`
-- has been handed out. What is visible in `win` and not in `done` is being handed out: first the stragglers (transactions
-- in flight when `done` was taken), then, from xmax(done) on, the rest. When the window is empty the next one opens:
-- done := win, win := the present snapshot. The position is the last number of the last entry: jobs that are taken out of
-- its pack later must lie behind it. Call it in a transaction of its own: a transaction that has written already
-- would take its own entries for committed ones.
create or replace function millrace.advance(for_lane smallint, count_max integer, pack_max integer)
returns millrace.entry[] language plpgsql as $$
declare
  locked text := pg_advisory_xact_lock(7727, for_lane)::text;
  c millrace.cursor;
  stored bigint;
  was_among_stragglers boolean;
  straggler xid8;
  part millrace.entry[];
  batch millrace.entry[] := '{}';
  taken integer := 0;
begin
  select * into strict c from millrace.cursor where lane = for_lane order by n desc limit 1;
  stored := c.n;
  was_among_stragglers := c.at_xid < pg_snapshot_xmax(c.done);

  for windows in 1..2 loop
    if c.at_xid < pg_snapshot_xmax(c.done) then
      -- a snapshot that ends in a colon had no transaction in flight
      if c.done::text not like '%:' then
        for straggler in
          select x from pg_snapshot_xip(c.done) x where x >= c.at_xid and pg_visible_in_snapshot(x, c.win) order by x
        loop
          exit when taken >= count_max;
          part := millrace.next_entries(for_lane, straggler, case when straggler = c.at_xid then c.at_seq else 0 end,
            (straggler::text::bigint + 1)::text::xid8, c.win, count_max - taken, pack_max);
          if part is not null then
            batch := batch || part;
            taken := taken + millrace.count_jobs(part, pack_max);
            c.at_xid := straggler;
            c.at_seq := part[cardinality(part)].seq + part[cardinality(part)].count - 1;
          end if;
        end loop;
      end if;
      -- all stragglers are out: go on where the last window ended
      if taken < count_max then
        c.at_xid := pg_snapshot_xmax(c.done);
        c.at_seq := 0;
      end if;
    end if;

    if taken < count_max and c.at_xid < pg_snapshot_xmax(c.win) then
      part := millrace.next_entries(for_lane, c.at_xid, c.at_seq, pg_snapshot_xmax(c.win), c.win, count_max - taken, pack_max);
      if part is not null then
        batch := batch || part;
        taken := taken + millrace.count_jobs(part, pack_max);
        c.at_xid := part[cardinality(part)].xid;
        c.at_seq := part[cardinality(part)].seq + part[cardinality(part)].count - 1;
      end if;
      -- nothing is left of the window: whoever comes next need not look
      if taken < count_max then
        c.at_xid := pg_snapshot_xmax(c.win);
        c.at_seq := 0;
      end if;
    end if;

    exit when taken > 0 or windows = 2;
    c.done := c.win;
    c.win := pg_current_snapshot();
    c.at_xid := '0';
    c.at_seq := 0;
  end loop;

  -- an empty claim writes nothing and burns no transaction id, but for once after the stragglers: the position must leave
  -- them, or whoever looks for work past it would find the entries of running jobs there
  if taken > 0 or was_among_stragglers then
    with outdated as (
      delete from millrace.cursor where lane = for_lane and n = stored
    )
    insert into millrace.cursor (lane, done, win, at_xid, at_seq) values (for_lane, c.done, c.win, c.at_xid, c.at_seq);
  end if;
  return batch;
end $$;

create or replace function millrace.count_jobs(entries millrace.entry[], pack_max integer) returns integer language plpgsql as $$
begin
  if pack_max = 1 then
    return cardinality(entries);
  end if;
  return (select sum(e.count) from unnest(entries) e);
end $$;

-- The entries after (at_xid, at_seq) and before below, as far as snap sees them (null: all), with `wanted` jobs in all;
-- null: none.
create or replace function millrace.next_entries(
  for_lane smallint, at_xid xid8, at_seq bigint, below xid8, snap pg_snapshot, wanted integer, pack_max integer
) returns millrace.entry[] language plpgsql as $$
declare
  head millrace.entry;
  batch millrace.entry[];
  part millrace.entry[];
  jobs integer;
  row_count integer := least(wanted, 16);
  seen integer;
begin
  while wanted > 0 loop
    -- no further than to the first entry that is too large
    select array_agg(t.e order by t.upto) filter (where t.upto <= wanted and t.largest <= pack_max),
           sum((t.e).count) filter (where t.upto <= wanted and t.largest <= pack_max), count(*)
      into part, jobs, seen
      from (
        select r.e, sum((r.e).count) over w as upto, max((r.e).count) over w as largest from (
          select e from millrace.entry e
           where e.lane = for_lane and (e.xid, e.seq) > (at_xid, at_seq)
             and e.xid < below and (snap is null or pg_visible_in_snapshot(e.xid, snap))
           order by e.lane, e.xid, e.seq limit row_count) r
        window w as (order by (r.e).lane, (r.e).xid, (r.e).seq)) t;
    exit when seen = 0;
    if part is not null then
      batch := batch || part;
      wanted := wanted - jobs;
      at_xid := part[cardinality(part)].xid;
      at_seq := part[cardinality(part)].seq + part[cardinality(part)].count - 1;
      exit when seen < row_count and seen = cardinality(part);
      -- as many rows as would do if all were like these
      row_count := greatest(1, wanted / greatest(1, jobs / cardinality(part)));
      continue when seen = cardinality(part);
    end if;
    exit when wanted = 0;
    select e.* into strict head from millrace.entry e
     where e.lane = for_lane and (e.xid, e.seq) > (at_xid, at_seq)
       and e.xid < below and (snap is null or pg_visible_in_snapshot(e.xid, snap))
     order by e.lane, e.xid, e.seq limit 1;
    perform millrace.split(head, least(wanted, pack_max), pack_max);
  end loop;
  return batch;
end $$;
