-- governed-arrivals.sql: how what has arrived in a governed queue is received ahead of claims, and what came before its rules
-- is brought under them. See governed.sql.

-- Whether a queue has rules.
create or replace function millrace.is_governed(q millrace.queue) returns boolean language sql immutable as $$
  select coalesce(q.concurrency, q.rate_count, q.key_concurrency, q.key_rate_count) is not null or q.key_is_fifo or q.is_fair
$$;

-- Whether each job of a queue needs a slot.
create or replace function millrace.needs_slots(q millrace.queue) returns boolean language sql immutable as $$
  select coalesce(q.concurrency, q.key_concurrency) is not null or q.key_is_fifo
$$;

-- Jobs that one claim receives at most: what bounds how long it takes, and how long others wait for it.
create or replace function millrace.block_of_arrivals() returns integer language sql immutable as $$ select 2000 $$;

-- Receives a block, and hands out nothing, when the intake has more than the next claim would receive anyway. Answers whether
-- it did: the next block may be received at once. Turns are only as fair as what they know of, so it does not wait for
-- somebody who has room for a job. One process at a time does it, so that a claim waits for one block at most. Nobody needs a
-- paused queue to be received.
create or replace function millrace.receive_ahead(for_lane smallint, by_worker uuid)
returns boolean language plpgsql as $$
declare
  intake smallint := millrace.sibling(for_lane, 'intake', 'normal');
  has_many boolean;
begin
  if not pg_try_advisory_xact_lock(7731, for_lane) then
    return false;
  end if;
  select sum(w.count) > millrace.block_of_arrivals() into has_many
    from millrace.lane l join millrace.queue q on q.name = l.queue
   cross join lateral (select c.at_xid, c.at_seq from millrace.cursor c where c.lane = l.id order by c.n desc limit 1) c
   cross join lateral (
     select e.count from millrace.entry e
      where e.lane = l.id and (e.xid, e.seq) > (c.at_xid, c.at_seq)
      order by e.lane, e.xid, e.seq limit millrace.block_of_arrivals() + 1) w
   where l.id = intake and q.paused_at is null;
  if has_many then
    perform millrace.claim_governed(for_lane, 0, 1, by_worker);
  end if;
  return coalesce(has_many, false);
end $$;

-- Entries that are handed out, each with a slot: some came before there was a rule that asks for one. Their rows are updated
-- in place, once in their lives, before anybody else knows where they lie, and nobody walks past them again.
create or replace function millrace.with_slots(part millrace.entry[]) returns millrace.entry[] language plpgsql as $$
begin
  for n in 1..cardinality(part) loop
    if not part[n].holds then
      update millrace.entry e set holds = true where e.lane = part[n].lane and e.xid = part[n].xid and e.seq = part[n].seq;
      part[n].holds := true;
    end if;
  end loop;
  return part;
end $$;

-- Claims from a ready lane of a governed queue. Only what has its slots belongs there, and what was handed out before, to a
-- worker that died: its start is counted (rescue.sql). The rest came before the rules, or from a process that does not know
-- them yet: it goes to the intake, and is handed out by the rules. Bounded, so that a claim is.
create or replace function millrace.advance_held(ready smallint, intake smallint, count_max integer, pack_max integer)
returns millrace.entry[] language plpgsql as $$
declare
  batch millrace.entry[];
  rest millrace.entry[];
begin
  for rounds in 1..20 loop
    batch := millrace.advance(ready, count_max, pack_max);
    rest := array(select b from unnest(batch) b where b.holds or b.crashes > 0);
    exit when cardinality(rest) = cardinality(batch);
    with strange as (
      -- where they lie, found by their keys: see sql/settle-succeeded.sql
      delete from millrace.entry e where e.ctid = any (array(
        select (select x.ctid from millrace.entry x where x.lane = b.lane and x.xid = b.xid and x.seq = b.seq)
          from unnest(batch) b where not b.holds and b.crashes = 0))
      returning e.*
    )
    insert into millrace.entry (lane, id, task, tracked, attempt, crashes, payload, headers, errors, count, pack, place)
    select intake, s.id, s.task, s.tracked, s.attempt, s.crashes, s.payload, s.headers, s.errors, s.count, s.pack,
           case when s.place is null then row(null, null, l.priority)::millrace.place else s.place end
      from strange s join millrace.lane l on l.id = s.lane order by s.xid, s.seq;
    exit when cardinality(rest) > 0;
  end loop;
  return rest;
end $$;
