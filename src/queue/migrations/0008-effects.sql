-- What handlers have done outside the database (src/queue/effects.ts), until nobody can run the job again: a record lives as
-- long as an ended operation, which is longer than any retry, and a redrive after that is a new beginning.
create table millrace.effect (
  job uuid not null,
  name text not null,
  result text, -- JSON
  done_at timestamptz not null,
  primary key (job, name)
);
create index effect_by_time on millrace.effect (done_at);
