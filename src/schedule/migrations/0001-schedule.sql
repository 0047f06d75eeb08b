-- A schedule is known from when it was first seen: nothing is caught up from before.
create table millrace.schedule (
  name text primary key,
  first_seen_at timestamptz not null
);

-- One row per tick that was fired, inserted in the transaction that submits its job: whoever comes second submits nothing.
create table millrace.tick (
  schedule text not null,
  due_at timestamptz not null,
  fired_at timestamptz not null,
  primary key (schedule, due_at)
);
