-- dead.sql: which dead letters somebody means. Plain expressions: they become part of the statement that asks.

-- The code of the error that a job died of. A crash leaves no error of its own.
create or replace function millrace.code_of(d millrace.dead) returns text language sql immutable as $$
  select case when d.reason = 'crashes' then 'MILLRACE_QUEUE_WORKER_DIED' else d.errors -> -1 ->> 'code' end
$$;

-- Whether a dead letter is one of those that are meant. Null: whatever it is. died_after is inclusive, died_before is not.
create or replace function millrace.is_meant(
  d millrace.dead, ids uuid[], lanes smallint[], task text, reason text, code text, died_after timestamptz,
  died_before timestamptz
) returns boolean language sql immutable as $$
  select (ids is null or d.id = any (ids))
     and (lanes is null or d.lane = any (lanes))
     and (task is null or d.task = task)
     and (reason is null or d.reason = reason)
     and (code is null or millrace.code_of(d) = code)
     and (died_after is null or d.died_at >= died_after)
     and (died_before is null or d.died_at < died_before)
$$;
