-- end-connections.sql: ends the connections of a process that was killed, and waits until they are gone. $1 their names,
-- $2 how long to wait for each, in ms. Their open transactions are rolled back.
select pg_terminate_backend(pid, $2::bigint) from pg_stat_activity
 where datname = current_database() and application_name = any ($1::text[])
