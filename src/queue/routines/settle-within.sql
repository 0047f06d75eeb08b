-- settle-within.sql: a handler's own transaction completes its job: the entry goes, the operation has succeeded.
--
-- of_result: of a tracked job, as JSON text. Refuses when the entry is not there (SQLSTATE MR002): the lease was lost, and the
-- transaction with it. Locks: the entry, until the caller's COMMIT; a rescue skips it meanwhile.
--
-- Nothing but COMMIT comes after it in its transaction, so the planner's setting goes no further. It is needed: the plan is
-- made once for each connection of the handlers, as a rule while the log is nearly empty, when reading all of it is cheaper
-- than the index, and would stay when the log has grown.
create or replace function millrace.settle_within(of_lane smallint, of_xid xid8, of_seq bigint, of_id uuid, of_result json)
returns void language plpgsql as $$
declare
  by_index text := set_config('enable_seqscan', 'off', true);
  gone millrace.entry;
begin
  delete from millrace.entry e where e.lane = of_lane and e.xid = of_xid and e.seq = of_seq and e.id = of_id and e.count = 1
    returning e.* into gone;
  if not found then
    raise exception 'job % is leased by somebody else', of_id using errcode = 'MR002';
  end if;
  delete from millrace.effect where job = of_id;
  if gone.tracked then
    update millrace.operation o
       set status = 'succeeded', progress = null, result = of_result, error = null, ended_at = millrace.now(),
           version = o.version + 1
     where o.id = of_id and o.status in ('scheduled', 'queued', 'running');
  end if;
  if gone.holds then
    insert into millrace.entry (lane, id, task, tracked, payload, place)
    values (millrace.sibling(gone.lane, 'intake', 'normal'), gen_random_uuid(), '', false, '1', gone.place);
  end if;
  if gone.headers ? 'unique' then
    delete from millrace.unique_key u
     where u.scope = gone.task || ' unique' and u.key = gone.headers ->> 'unique' and u.job = of_id;
  end if;
  if millrace.is_remembered('succeeded', gone.tracked, gone.headers) then
    insert into millrace.history (ended_at, id, lane, task, status, attempt, crashes, errors, place)
    values (millrace.now(), of_id, gone.lane, gone.task, 'succeeded', gone.attempt + 1, gone.crashes, gone.errors, gone.place);
  end if;
end $$;
