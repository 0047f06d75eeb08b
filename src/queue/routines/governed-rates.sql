-- governed-rates.sql: how the starts of governed queues are counted, and what waits for nothing else. See governed.sql.
--
-- A job that kept its slots and starts again (a retry of a key in order, one handed back after it had begun) comes through
-- the intake too when starts are counted: it waits for the rates, in a line that goes before all flows, and then goes on to
-- the ready lane. A job whose worker died does not wait; what it starts anew is charged by an entry without a task, in its
-- `attempt`, and whoever comes next waits for it.
--
-- A rate is kept by the generic cell rate algorithm: next_at is when the next start would be on time, if they were spread
-- evenly; it may lie ahead as far as a whole burst allows. One that lies further ahead was spent under a slower rate, which
-- the present release has given up: it means nothing.

-- Whether a start in the queue of a lane counts for anything.
create or replace function millrace.counts_starts(of_lane smallint) returns boolean language sql stable as $$
  select q.rate_count is not null or q.key_rate_count is not null
    from millrace.lane l join millrace.queue q on q.name = l.queue where l.id = of_lane
$$;

-- How many may start now.
create or replace function millrace.allowance(next_at timestamptz, rate_count integer, rate_ms integer, at timestamptz)
returns integer language sql immutable as $$
  select case when rate_count is null then 2147483647 else greatest(0, floor(
    (rate_ms - case when next_at > at + rate_ms * interval '1 ms' then 0
                    else greatest(0, coalesce(extract(epoch from next_at - at) * 1000, 0)) end) * rate_count / rate_ms + 0.000001))::integer end
$$;
-- How many more jobs of a flow may have a slot of its key, how many may start by its rate, and how many both.
create or replace function millrace.key_slots(q millrace.queue, f millrace.flow) returns integer language sql immutable as $$
  select case when (f.place).key is null then 2147483647
    else coalesce(case when q.key_is_fifo then 1 else q.key_concurrency end - f.running, 2147483647) end
$$;
create or replace function millrace.key_allowance(q millrace.queue, f millrace.flow, at timestamptz)
returns integer language sql immutable as $$
  select case when (f.place).key is null then 2147483647
    else millrace.allowance(f.next_at, q.key_rate_count, q.key_rate_ms, at) end
$$;
create or replace function millrace.room_of(q millrace.queue, f millrace.flow, at timestamptz)
returns integer language sql stable as $$
  select least(millrace.key_slots(q, f), millrace.key_allowance(q, f, at))
$$;

-- next_at after so many starts. Of those that nobody asked for, what is more than a whole burst is forgiven.
create or replace function millrace.spend(next_at timestamptz, rate_count integer, rate_ms integer, at timestamptz, starts integer)
returns timestamptz language sql immutable as $$
  select case when rate_count is null then null else least(
           case when next_at <= at + rate_ms * interval '1 ms' then greatest(next_at, at) else at end
             + starts * rate_ms::float8 / rate_count * interval '1 ms',
           at + rate_ms * interval '1 ms') end
$$;
-- When one more may start.
create or replace function millrace.next_start(next_at timestamptz, rate_count integer, rate_ms integer)
returns timestamptz language sql immutable as $$
  select next_at - (rate_ms - rate_ms::float8 / rate_count) * interval '1 ms'
$$;

-- An entry without a task, at its time: whoever claims next looks at the flow (null: at the queue) again.
create or replace function millrace.wake(intake smallint, at timestamptz, place millrace.place) returns void language sql as $$
  insert into millrace.deferred (due_at, id, lane, task, tracked, payload, place)
  values (at, gen_random_uuid(), intake, '', false, '0', place)
$$;

-- Whether a job that is handed out will not start, because it would be too late for it or somebody has cancelled it: its worker
-- only ends it (src/worker/job-limits.ts), so it counts for no rate.
create or replace function millrace.is_over(e millrace.entry, at timestamptz) returns boolean language sql stable as $$
  select (e.headers is not null and extract(epoch from at) * 1000 >= least(
           case when e.crashes = 0 then (e.headers ->> 'expiresAt')::numeric end, (e.headers ->> 'endsBy')::numeric)) is true
      or e.tracked and exists (select from millrace.operation o where o.id = e.id and o.cancel_requested_at is not null)
$$;

-- How many of these jobs will start.
create or replace function millrace.starts_in(part millrace.entry[], at timestamptz) returns integer language sql stable as $$
  select coalesce(sum(e.count), 0)::integer from unnest(part) e where not millrace.is_over(e, at)
$$;

-- The first of these entries, as far as no more jobs will start than may.
create or replace function millrace.startable(part millrace.entry[], allowed integer, at timestamptz)
returns millrace.entry[] language sql stable as $$
  select array_agg(t.e order by t.n) from (
    select part[n] as e, n, sum(case when millrace.is_over(part[n], at) then 0 else (part[n]).count end) over (order by n) as starts
      from generate_subscripts(part, 1) n) t
   where t.starts <= allowed
$$;

-- Lets those go on that have their slots and wait for the rates alone, as many as may start. Their line lies in the flow lane
-- under the id 0. One whose key may not start yet keeps nobody else waiting: it comes back, to the end of the line, when it
-- may. All of them start before what waits in flows: no flow of the key of a job in order has room before it has ended.
create or replace function millrace.resume(
  q millrace.queue, s millrace.scheduler, intake smallint, has_paused_tasks boolean, at timestamptz
)
returns millrace.scheduler language plpgsql as $$
declare
  wanted integer := millrace.allowance(s.next_at, q.rate_count, q.rate_ms, at);
  part millrace.entry[];
  held millrace.entry;
  f millrace.flow;
begin
  while wanted > 0 loop
    part := millrace.next_entries(s.lane, '0', s.resumed, '1', null, wanted, 1);
    exit when part is null;
    s.resumed := part[cardinality(part)].seq;
    if has_paused_tasks then
      part := millrace.park_paused(part, true);
    end if;
    -- where they lie, found by their keys: see sql/settle-succeeded.sql
    delete from millrace.entry where ctid = any (array(
      select (select e.ctid from millrace.entry e where e.lane = p.lane and e.xid = p.xid and e.seq = p.seq) from unnest(part) p));
    foreach held in array part loop
      select * into f from millrace.flow x where x.lane = s.lane and x.id = millrace.flow_of(held.place) order by x.n desc limit 1;
      if (held.place).key is not null and millrace.allowance(f.next_at, q.key_rate_count, q.key_rate_ms, at) = 0 then
        insert into millrace.deferred (due_at, id, lane, task, tracked, attempt, crashes, payload, headers, errors, place, holds)
        values (millrace.next_start(f.next_at, q.key_rate_count, q.key_rate_ms), held.id, intake, held.task, held.tracked,
          held.attempt, held.crashes, held.payload, held.headers, held.errors, held.place, true);
        continue;
      end if;
      insert into millrace.entry (lane, id, task, tracked, attempt, crashes, payload, headers, errors, place, holds)
      values (millrace.sibling(s.lane, 'ready', (held.place).priority), held.id, held.task, held.tracked, held.attempt,
        held.crashes, held.payload, held.headers, held.errors, held.place, true);
      wanted := wanted - 1;
      continue when millrace.is_over(held, at);
      s.next_at := millrace.spend(s.next_at, q.rate_count, q.rate_ms, at, 1);
      if (held.place).key is not null and f.id is not null then
        f.next_at := millrace.spend(f.next_at, q.key_rate_count, q.key_rate_ms, at, 1);
        perform millrace.put_flow(q, s, f, intake, at);
      end if;
    end loop;
  end loop;
  return s;
end $$;
