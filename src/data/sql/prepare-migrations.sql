-- prepare-migrations.sql: makes the schema and the table that remembers migrations. Run under the migration lock.
create schema if not exists millrace;
create table if not exists millrace.migration (
  id text primary key,
  checksum text not null,
  applied_at timestamptz not null default clock_timestamp()
);
