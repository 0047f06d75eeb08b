-- append-quick.sql: the append of a process that has been quiet, with its hint. Parameters as of sql/append-plain.sql; hint:
-- what to tell workers. Call it outside a transaction.
--
-- The entries are visible, and workers told of them, before they are on disk: while this process waits for the disk, a
-- worker claims them. The call returns when they are durable. Should the server crash in between, the job is gone, its
-- submit was never answered, and whatever its handler had written to this database went with it: all that comes later in
-- the write-ahead log is lost too, or this is there as well.
-- When the server's queue of notifications is full, nothing is stored (SQLSTATE 54000).
create or replace procedure millrace.append_quick(
  lanes smallint[], ids uuid[], tasks text[], payloads text[], headers jsonb[], counts smallint[], packs text[],
  keys text[], tenants text[], priorities text[], hint text
) language plpgsql as $$
declare
  done text := set_config('synchronous_commit', 'off', true);
begin
  insert into millrace.entry (lane, id, task, tracked, payload, headers, count, pack, place)
  select t.lane, t.id, t.task, false, t.payload, millrace.stamped(t.headers, 0), t.count, decode(t.pack, 'hex'),
         case when t.priority is not null then row(t.key, t.tenant, t.priority)::millrace.place end
    from unnest(lanes, ids, tasks, payloads, headers, counts, packs, keys, tenants, priorities)
      as t(lane, id, task, payload, headers, count, pack, key, tenant, priority);
  -- in one commit: it waits for no disk, so the lock that all commits with a NOTIFY take is held for a moment only
  done := pg_notify('millrace_work', hint)::text;
  commit;
  -- a commit that has something to write waits for the disk, and for all that was written before it
  done := pg_logical_emit_message(true, 'millrace', '')::text;
end $$;
