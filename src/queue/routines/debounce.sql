-- debounce.sql: who of many submits under a key is the job that will run, and when: after wait_ms without another one, and
-- max_ms after the first at the latest. A job that waits is taken out of deferred: the caller puts it back, with its own
-- input, in the same transaction. Answers new_id when none waits.
-- Locks: the row of the key until the end of the transaction: submits of one key come one after the other.
create or replace function millrace.debounce(for_task text, by_key text, new_id uuid, wait_ms bigint, max_ms bigint)
returns table (job uuid, due_at timestamptz) language plpgsql as $$
#variable_conflict use_column
<<debounce>>
declare
  at timestamptz := millrace.now();
  held millrace.debounce;
begin
  job := new_id;
  due_at := at + wait_ms * interval '1 ms';
  loop
    insert into millrace.debounce (task, key, job, first_at, due_at) values (for_task, by_key, new_id, at, at + wait_ms * interval '1 ms')
    on conflict (task, key) do nothing;
    select * into held from millrace.debounce d where d.task = for_task and d.key = by_key for update;
    exit when found; -- the row that was there may have been purged before it could be locked
  end loop;
  if held.job <> new_id then
    delete from millrace.deferred d where d.due_at = held.due_at and d.id = held.job and d.attempt = 0;
    if found then
      job := held.job;
      at := held.first_at;
      due_at := least(due_at, held.first_at + max_ms * interval '1 ms');
    end if;
    update millrace.debounce d set job = debounce.job, first_at = at, due_at = debounce.due_at
     where d.task = for_task and d.key = by_key;
  end if;
  return next;
end $$;
