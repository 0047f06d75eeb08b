-- count-connections.sql: the connections to a database. $1 name. Reads the server's process list only.
select count(*)::integer as count from pg_stat_activity where datname = $1
