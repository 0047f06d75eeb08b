-- insert-tick.sql: claims a tick, in the transaction that submits its job. $1 schedule, $2 due at, in ms since 1970.
-- No row answered: another process has fired it.
insert into millrace.tick (schedule, due_at, fired_at) values ($1, to_timestamp($2::float8 / 1000), millrace.now())
on conflict (schedule, due_at) do nothing
returning 1 as fired
