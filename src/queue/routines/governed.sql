-- governed.sql: how the jobs of a queue with rules are handed out.
--
-- Producers append to the queue's intake lane, like to any other, so a submit locks nothing. A claim, alone under the lock
-- of the flow lane, first receives what has arrived there since: each job moves to the flow lane, into its flow (the jobs
-- of one key of a tenant, or of one tenant and priority). Then it serves flows by turns until it has as many jobs as it
-- wants. Packs are moved whole, and cut when they are served if each of their jobs needs a slot of its own or is counted: so
-- what comes behind a million jobs is soon received. A job that holds a slot and ends says so by an entry in the intake
-- without a task, its release; timers for rates are such entries as well, by way of deferred. So all state below is written
-- by one transaction at a time, from events in the order in which they were committed, and a limit cannot be overshot or leak.
--
-- Of two transactions, the second of which began to write when the first had committed, the first one's jobs come first into
-- their flow: both xid and seq say so. The intake orders transactions that overlap by their xids, which are older than their
-- submits when they have written something else before; what a claim receives is put in the order of its submits (seq).
--
-- Rates, and jobs that have their slots and wait for nothing else: governed-rates.sql. Receiving ahead of claims:
-- governed-arrivals.sql.
--
-- Turns are in the order of virtual time (start-time fair queueing): a turn starts when its tenant's last one ended, or
-- now, and costs as much as the jobs that it hands out. A tenant with a million jobs, or a thousand keys, is thus one
-- tenant among others. A queue that is not fair serves its flows round robin.

create or replace function millrace.sibling(of_lane smallint, with_kind text, with_priority text)
returns smallint language sql stable as $$
  select s.id from millrace.lane l join millrace.lane s on s.queue = l.queue
   where l.id = of_lane and s.kind = with_kind and s.priority = with_priority and s.partition = 0
$$;

-- The flow of a job. A key belongs to its tenant: its jobs are charged to one, and no tenant can hold up another's.
-- Immutable in every part (text || integer would not be): so it becomes a part of the statement that calls it for each job.
create or replace function millrace.flow_of(p millrace.place) returns bigint language sql immutable as $$
  select hashtextextended(case
           when p.key is null then p.priority || ' ' || coalesce(p.tenant, '')
           when p.tenant is null then 'key ' || p.key
           else 'tenant ' || length(p.tenant)::text || ' ' || p.tenant || ' ' || p.key end, 0)
         & 9223372036854775807
$$;

create or replace function millrace.rank_of(priority text) returns integer language sql immutable as $$
  select array_position(array['high', 'normal', 'low'], priority)
$$;

-- Claims from a flow lane. Parameters as of millrace.claim.
create or replace function millrace.claim_governed(for_lane smallint, count_max integer, pack_max integer, by_worker uuid)
returns setof millrace.claimed language plpgsql as $$
declare
  q millrace.queue;
  s millrace.scheduler;
  stored millrace.scheduler;
  at timestamptz := millrace.now();
  intake smallint := millrace.sibling(for_lane, 'intake', 'normal');
  wanted integer;
  served record;
  batch millrace.entry[] := '{}';
  locked text := pg_advisory_xact_lock(7727, for_lane)::text; -- before the rules are read: a pause waits for it
  rules millrace.claim_rules := millrace.claim_rules_of(for_lane, by_worker);
begin
  if rules.is_paused then
    return;
  end if;
  select r.* into strict q from millrace.queue r join millrace.lane l on l.queue = r.name where l.id = for_lane;
  select * into strict s from millrace.scheduler where lane = for_lane order by n desc limit 1;
  stored := s;
  s := millrace.receive(q, s, intake, rules.has_paused_tasks, at);
  s := millrace.resume(q, s, intake, rules.has_paused_tasks, at);
  wanted := least(count_max, q.concurrency - s.running);
  if wanted > 0 then
    select * into served from millrace.serve(q, s, intake, wanted, pack_max, rules.has_paused_tasks, at);
    s := served.s;
    batch := served.batch;
  end if;
  if millrace.allowance(s.next_at, q.rate_count, q.rate_ms, at) = 0 and coalesce(s.woken_at <= at, true) then
    s.woken_at := millrace.next_start(s.next_at, q.rate_count, q.rate_ms);
    perform millrace.wake(intake, s.woken_at, null);
  end if;
  if s is distinct from stored then
    insert into millrace.scheduler (lane, clock, at_n, running, next_at, woken_at, resumed)
    values (for_lane, s.clock, s.at_n, s.running, s.next_at, s.woken_at, s.resumed);
    delete from millrace.scheduler where lane = for_lane and n = stored.n;
  end if;
  return query select * from millrace.hand_out(for_lane, batch, false, by_worker);
end $$;

-- Moves what has arrived into its flows, or into the line of those that have their slots already; takes back the slots of
-- what has ended, and counts what has started elsewhere.
create or replace function millrace.receive(
  q millrace.queue, s millrace.scheduler, intake smallint, has_paused_tasks boolean, at timestamptz
)
returns millrace.scheduler language plpgsql as $$
declare
  must_hold boolean := millrace.needs_slots(q);
  part millrace.entry[] := millrace.advance(intake, millrace.block_of_arrivals(), 100);
  arrived record;
  f millrace.flow;
begin
  if has_paused_tasks then
    part := millrace.park_paused(part, true);
  end if;
  if cardinality(part) = 0 then
    return s;
  end if;
  -- where they lie, found by their keys: see sql/settle-succeeded.sql
  delete from millrace.entry where ctid = any (array(
    select (select e.ctid from millrace.entry e where e.lane = p.lane and e.xid = p.xid and e.seq = p.seq) from unnest(part) p));
  for arrived in
    with moved as (
      insert into millrace.entry (
        lane, xid, id, task, tracked, attempt, crashes, payload, headers, errors, count, pack, place, holds)
      select s.lane, case when p.holds then '0' else millrace.flow_of(p.place)::text::xid8 end, p.id, p.task, p.tracked,
             p.attempt, p.crashes, p.payload, p.headers, p.errors, p.count, p.pack, p.place, p.holds or must_hold
        from unnest(part) p where p.task <> '' order by p.seq
      returning xid, place, seq, count
    )
    select u.id, (array_agg(u.place))[1] as place, min(u.first) as first, max(u.last) as last,
           sum(u.released)::integer as released, sum(u.started)::integer as started
      from (
        select xid::text::bigint as id, place, seq as first, seq + count - 1 as last, 0 as released, 0 as started
          from moved where xid <> '0'
        union all
        select millrace.flow_of(p.place), p.place, null, null, p.payload::integer, p.attempt
          from unnest(part) p where p.task = '' and not p.place is null) u -- `is not null` would ask that no part of it is null
     group by u.id order by min(u.first)
  loop
    s.running := greatest(0, s.running - arrived.released);
    if arrived.started > 0 then
      s.next_at := millrace.spend(s.next_at, q.rate_count, q.rate_ms, at, arrived.started);
    end if;
    select * into f from millrace.flow where lane = s.lane and id = arrived.id order by n desc limit 1;
    if not found then
      continue when arrived.last is null; -- the release of a flow that has nothing left
      f := row(s.lane, arrived.id, 0, arrived.place, arrived.first - 1, arrived.first - 1, 0, false, null, null);
    end if;
    f.arrived := greatest(f.arrived, arrived.last);
    f.running := greatest(0, f.running - arrived.released);
    if arrived.started > 0 and (f.place).key is not null then
      f.next_at := millrace.spend(f.next_at, q.key_rate_count, q.key_rate_ms, at, arrived.started);
    end if;
    perform millrace.put_flow(q, s, f, intake, at);
  end loop;
  return s;
end $$;

-- Hands out up to `wanted` jobs, as many of which may start as the rates allow, flow by flow. Which priority comes first is
-- drawn by lot, by the weights 16, 4 and 1.
create or replace function millrace.serve(
  q millrace.queue, inout s millrace.scheduler, intake smallint, wanted integer, pack_max integer,
  has_paused_tasks boolean, at timestamptz, out batch millrace.entry[]
) language plpgsql as $$
declare
  must_hold boolean := millrace.needs_slots(q);
  must_count boolean := coalesce(q.rate_count, q.key_rate_count) is not null;
  lot float8 := random() * 21;
  first integer := case when lot < 16 then 1 when lot < 20 then 2 else 3 end;
  p integer;
  turns millrace.turn[];
  t millrace.turn;
  f millrace.flow;
  part millrace.entry[];
  quantum integer;
  room integer;
  allowed integer := millrace.allowance(s.next_at, q.rate_count, q.rate_ms, at);
  may_start integer; -- of the flow
  jobs integer;
  starts integer;
  held integer;
begin
  batch := '{}';
  if must_hold or must_count then
    pack_max := 1;
  end if;
  foreach p in array array[first] || array_remove(array[1, 2, 3], first) loop
    while wanted > 0 and allowed > 0 loop
      select array_agg(u order by u.start, u.n) into turns from (
        select * from millrace.turn x
         where x.lane = s.lane and x.priority = p and (x.start, x.n) > (s.clock[p], s.at_n[p])
         order by x.start, x.n limit 50) u;
      exit when turns is null;
      quantum := greatest(1, wanted / cardinality(turns));
      foreach t in array turns loop
        exit when wanted = 0 or allowed = 0;
        -- who has just been served may be due again before this one: a turn that the clock has passed would be lost for good
        exit when q.is_fair and exists (
          select from millrace.turn x where x.lane = t.lane and x.priority = t.priority
             and (x.start, x.n) > (s.clock[p], s.at_n[p]) and (x.start, x.n) < (t.start, t.n));
        delete from millrace.turn x where x.lane = t.lane and x.priority = t.priority and x.start = t.start and x.n = t.n;
        s.clock[p] := t.start;
        s.at_n[p] := t.n;
        select * into f from millrace.flow x where x.lane = s.lane and x.id = t.flow order by x.n desc limit 1;
        continue when not found; -- removed by hand
        f.has_turn := false;
        may_start := least(allowed, millrace.key_allowance(q, f, at));
        room := least(quantum, wanted, millrace.key_slots(q, f));
        if room > 0 and may_start > 0 then
          -- more than may start, when starts are counted: those among them that are over take nothing from others
          part := millrace.next_entries(
            s.lane, f.id::text::xid8, f.taken, (f.id + 1)::text::xid8, null,
            least(room, may_start::bigint + 100)::integer, pack_max);
          if part is null then
            f.taken := f.arrived;
          else
            if must_count then
              part := millrace.startable(part, may_start, at);
            end if;
            f.taken := part[cardinality(part)].seq + part[cardinality(part)].count - 1;
            if has_paused_tasks then
              part := millrace.park_paused(part, false);
            end if;
            jobs := (select coalesce(sum(e.count), 0) from unnest(part) e);
            if must_hold then
              part := millrace.with_slots(part); -- before they are handed out: who ends one must know that it has a slot
            end if;
            batch := batch || part;
            wanted := wanted - jobs;
            -- they may hold one that nothing needs: the rules may have changed while they waited
            held := (select coalesce(sum(e.count) filter (where e.holds), 0) from unnest(part) e);
            f.running := f.running + held;
            s.running := s.running + held;
            if must_count then
              starts := millrace.starts_in(part, at);
              allowed := allowed - starts;
              if starts > 0 then
                s.next_at := millrace.spend(s.next_at, q.rate_count, q.rate_ms, at, starts);
              end if;
              if starts > 0 and (f.place).key is not null then
                f.next_at := millrace.spend(f.next_at, q.key_rate_count, q.key_rate_ms, at, starts);
              end if;
            end if;
            if q.is_fair and jobs > 1 then
              perform millrace.charge(s, f, p, jobs - 1);
            end if;
          end if;
        end if;
        perform millrace.put_flow(q, s, f, intake, at);
      end loop;
    end loop;
  end loop;
end $$;

-- Writes a flow as it now stands: with a turn if it has something to hand out, with a timer if only its rate forbids it.
create or replace function millrace.put_flow(
  q millrace.queue, s millrace.scheduler, f millrace.flow, intake smallint, at timestamptz
) returns void language plpgsql as $$
declare
  is_waiting boolean := f.arrived > f.taken;
  has_room boolean := millrace.room_of(q, f, at) > 0;
begin
  if is_waiting and has_room and not f.has_turn then
    perform millrace.give_turn(q, s, f);
    f.has_turn := true;
  elsif is_waiting and not has_room and coalesce(f.woken_at <= at, true)
    and millrace.allowance(f.next_at, q.key_rate_count, q.key_rate_ms, at) = 0
  then
    f.woken_at := millrace.next_start(f.next_at, q.key_rate_count, q.key_rate_ms);
    perform millrace.wake(intake, f.woken_at, f.place);
  end if;
  delete from millrace.flow where lane = f.lane and id = f.id and n = f.n;
  -- an idle flow stays until a purge: a row that is there is found at once, however many dead ones lie behind it
  insert into millrace.flow (lane, id, place, taken, arrived, running, has_turn, next_at, woken_at)
  values (f.lane, f.id, f.place, f.taken, f.arrived, f.running, f.has_turn, f.next_at, f.woken_at);
end $$;

create or replace function millrace.give_turn(q millrace.queue, s millrace.scheduler, f millrace.flow)
returns void language plpgsql as $$
declare
  p integer := millrace.rank_of((f.place).priority);
begin
  if (f.place).key is not null then -- the priority of a key is that of its next job
    select millrace.rank_of((e.place).priority) into p from millrace.entry e
     where e.lane = f.lane and e.xid = f.id::text::xid8 and e.seq > f.taken order by e.lane, e.xid, e.seq limit 1;
  end if;
  p := coalesce(p, millrace.rank_of('normal')); -- someone has removed its entries by hand: its turn will find nothing
  insert into millrace.turn (lane, priority, start, flow)
  values (f.lane, p, case when q.is_fair then millrace.charge(s, f, p, 1) else millrace.last_start(s, p) end, f.id);
end $$;

-- Behind all that have a turn: in a queue that is not fair. Those of a queue that was fair may start later than now.
create or replace function millrace.last_start(s millrace.scheduler, p integer) returns bigint language sql stable as $$
  select coalesce(max(t.start), s.clock[p]) from (
    select x.start from millrace.turn x
     where x.lane = s.lane and x.priority = p and (x.start, x.n) > (s.clock[p], s.at_n[p])
     order by x.start desc, x.n desc limit 1) t
$$;

-- Charges the tenant of a flow for so many jobs. Answers when what it is charged for starts, in virtual time.
create or replace function millrace.charge(s millrace.scheduler, f millrace.flow, p integer, jobs integer)
returns bigint language plpgsql as $$
declare
  tenant_id bigint := hashtextextended(coalesce((f.place).tenant, (f.place).key, ''), 0);
  last millrace.tenant;
  start bigint;
begin
  select * into last from millrace.tenant t where t.lane = s.lane and t.priority = p and t.id = tenant_id order by t.n desc limit 1;
  start := greatest(s.clock[p], coalesce(last.finish, 0));
  insert into millrace.tenant (lane, priority, id, finish) values (s.lane, p, tenant_id, start + jobs);
  delete from millrace.tenant t where t.lane = s.lane and t.priority = p and t.id = tenant_id and t.n = last.n;
  return start;
end $$;
