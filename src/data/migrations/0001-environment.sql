-- The environment stamp, and the clock that every statement of Millrace reads, so that a test can own the time of its
-- database by replacing one function.
create table millrace.environment (
  single boolean primary key default true check (single),
  name text not null check (name in ('development', 'test', 'staging', 'production'))
);

create function millrace.now() returns timestamptz language sql volatile parallel safe as 'select clock_timestamp()';
