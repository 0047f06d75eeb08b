-- Debounced submits: the job that waits under a key, and until when. A row outlives its job by no more than a purge.
create table millrace.debounce (
  task text not null,
  key text not null,
  job uuid not null,
  first_at timestamptz not null, -- when the first of these submits came
  due_at timestamptz not null,
  primary key (task, key)
);
create index debounce_by_time on millrace.debounce (due_at);
