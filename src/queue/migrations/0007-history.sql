-- What became of jobs, for people who look back: failures, cancellations and tracked jobs, and of tasks that ask for it every
-- job. One partition per day (UTC), made ahead and dropped whole (routines/history.sql): old rows cost no deletion. The
-- default partition takes what comes when nobody has made the day's own.
create table millrace.history (
  ended_at timestamptz not null,
  id uuid not null,
  lane smallint not null,
  task text not null,
  status text not null check (status in ('succeeded', 'failed', 'cancelled')),
  reason text,              -- why it failed: attempts, permanent, crashes or expired
  attempt smallint not null, -- attempts spent
  crashes smallint not null,
  errors jsonb,             -- what went wrong, oldest first
  place millrace.place
) partition by range (ended_at);
create index history_by_time on millrace.history (ended_at, id);
create index history_by_id on millrace.history (id);
create table millrace.history_rest partition of millrace.history default;
