-- read-clock.sql: the database's time, as finely as it keeps it.
select millrace.now()::text as now
