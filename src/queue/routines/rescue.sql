-- rescue.sql: gives the jobs of workers whose heartbeat has stopped to others. count_max: leases at most, in one
-- call. expired_too: also workers whose lease has merely run out; without it, only those that were declared dead.
-- Locks: the expired workers' rows and the entries of their leases; what another transaction holds is skipped and left for
-- the next call (a zombie may be inside the transaction that settles its job).
-- A job that was leased when its worker died has one crash more; at crashes_max it is a dead letter. The last time before
-- that it runs in the queue's quarantine lane, alone. Until then it goes back to where it came from, with its priority: most
-- of what a worker had leased had not begun, nobody can tell which, and the workers of a machine that lost its power harm
-- nobody. In a governed queue it takes its slot along. No attempt is spent, but the start that is to come is counted there
-- (routines/governed-rates.sql).
-- Deleting the old entry is the fence: the zombie's settle will find nothing.
create or replace function millrace.rescue(count_max integer, crashes_max integer, expired_too boolean)
returns table (worker uuid, queue text, moved integer, died integer) language plpgsql as $$
#variable_conflict use_column
declare
  gone record;
  held millrace.lease;
  quarantine smallint;
  queue_name text;
  moved_now integer;
  died_now integer;
begin
  for gone in
    select w.id, w.gone_at from millrace.worker w
     where w.gone_at is not null or (expired_too and w.expires_at <= millrace.now())
     order by w.expires_at for update skip locked
  loop
    if gone.gone_at is null then
      update millrace.worker set gone_at = millrace.now() where id = gone.id;
    end if;
    for held in select * from millrace.lease l where l.worker = gone.id order by l.id limit count_max loop
      select q.id, q.queue into strict quarantine, queue_name
        from millrace.lane f join millrace.lane q on q.queue = f.queue and q.kind = 'quarantine' where f.id = held.lane;

      with free as materialized (
        select e.at from unnest(held.xids, held.seqs, held.counts) k(xid, seq, count) cross join lateral (
          select x.ctid as at from millrace.entry x
           where x.lane = held.lane and x.xid = k.xid and x.seq >= k.seq and x.seq < k.seq + k.count
           order by x.lane, x.xid, x.seq limit k.count for update skip locked) e
      ), gone as (
        delete from millrace.entry e where e.ctid = any (array(select f.at from free f))
        returning e
      ), taken as materialized (
        select j.id, (g.e).task, (g.e).tracked, (g.e).attempt, ((g.e).crashes + 1)::smallint as crashes, j.payload,
               (g.e).headers, (g.e).errors, (g.e).place, (g.e).holds, (g.e).xid, (g.e).seq, j.n,
               case when (g.e).crashes + 2 >= crashes_max then quarantine
                    when (g.e).place is null then held.lane
                    else millrace.sibling(held.lane, 'ready', ((g.e).place).priority) end as to_lane
          from gone g cross join lateral millrace.jobs_of(g.e) j
      ), again as (
        insert into millrace.entry (lane, id, task, tracked, attempt, crashes, payload, headers, errors, place, holds)
        select to_lane, id, task, tracked, attempt, crashes, payload, headers, errors, place, holds
          from taken where crashes < crashes_max order by xid, seq, n
      ), released as (
        insert into millrace.entry (lane, id, task, tracked, attempt, payload, place)
        select millrace.sibling(held.lane, 'intake', 'normal'), gen_random_uuid(), '', false,
               count(*) filter (where crashes < crashes_max), (count(*) filter (where crashes >= crashes_max and holds))::text, place
          from taken
         where not place is null and case when crashes < crashes_max then millrace.counts_starts(held.lane) else holds end
         group by place
      ), dead as (
        insert into millrace.dead (id, lane, task, tracked, attempt, crashes, payload, headers, errors, reason, died_at, place)
        select id, held.lane, task, tracked, attempt, crashes, payload, headers, errors, 'crashes', millrace.now(), place
          from taken where crashes >= crashes_max
      ), freed as (
        delete from millrace.unique_key u using taken t
         where t.crashes >= crashes_max and t.headers ? 'unique'
           and u.scope = any (array[t.task || ' unique']) and u.key = any (array[t.headers ->> 'unique']) and u.job = t.id
      ), remembered as (
        insert into millrace.history (ended_at, id, lane, task, status, reason, attempt, crashes, errors, place)
        select millrace.now(), id, held.lane, task, 'failed', 'crashes', attempt, crashes, errors, place
          from taken where crashes >= crashes_max and millrace.is_remembered('failed', tracked, headers)
      ), told as (
        update millrace.operation o
           set status = case when t.crashes < crashes_max then 'queued' else 'failed' end,
               error = case when t.crashes < crashes_max then o.error else json_build_object(
                 'code', 'MILLRACE_QUEUE_WORKER_DIED',
                 'message', format('the worker process died %s times while it ran this job', t.crashes)) end,
               ended_at = case when t.crashes < crashes_max then null else millrace.now() end,
               version = o.version + 1
          from taken t where t.tracked and o.id = any (array[t.id]) and o.status in ('scheduled', 'queued', 'running')
      )
      select count(*) filter (where crashes < crashes_max), count(*) filter (where crashes >= crashes_max)
        into moved_now, died_now from taken;

      if not exists (
        select from unnest(held.xids, held.seqs, held.counts) k(xid, seq, count) cross join lateral (
          select from millrace.entry e
           where e.lane = held.lane and e.xid = k.xid and e.seq >= k.seq and e.seq < k.seq + k.count
           order by e.lane, e.xid, e.seq limit 1) e)
      then
        delete from millrace.lease where id = held.id;
      end if;
      if moved_now + died_now > 0 then
        return query select gone.id, queue_name, moved_now, died_now;
      end if;
    end loop;
    -- kept for an hour, so that a claim that was under way while its worker was declared dead is found as well
    delete from millrace.worker w
     where w.id = gone.id and w.gone_at < millrace.now() - interval '1 hour'
       and not exists (select from millrace.lease l where l.worker = gone.id);
  end loop;
end $$;
