-- stamp-environment.sql: writes the stamp unless there is one. $1 environment.
insert into millrace.environment (name) values ($1) on conflict (single) do nothing
