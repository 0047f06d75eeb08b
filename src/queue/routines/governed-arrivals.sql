-- governed-arrivals.sql: how what has arrived in a governed queue is received ahead of claims. See governed.sql.

-- Jobs that one claim receives at most: what bounds how long it takes, and how long others wait for it.
create or replace function millrace.block_of_arrivals() returns integer language sql immutable as $$ select 2000 $$;

-- Receives a block, and hands out nothing, when the intake has more than the next claim would receive anyway. Answers whether
-- it did: the next block may be received at once. Turns are only as fair as what they know of, so it does not wait for somebody who
-- has room for a job. One process at a time does it, so that a claim waits for one block at most. Nobody needs a paused queue to
-- be received.
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
