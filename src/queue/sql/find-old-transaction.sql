-- find-old-transaction.sql: whether a transaction of this database has been open for more than $1 ms. Jobs that it has
-- submitted are to be seen nowhere yet. Of other roles' sessions PostgreSQL tells only who may read all statistics.
select exists (
  select from pg_stat_activity a
   where a.datname = current_database() and a.pid <> pg_backend_pid()
     and a.xact_start < millrace.now() - $1::bigint * interval '1 ms'
  union all
  select from pg_prepared_xacts p
   where p.database = current_database() and p.prepared < millrace.now() - $1::bigint * interval '1 ms'
) as is_open
