-- keep-history.sql: see routines/history.sql. $1 days kept, $2 days made ahead, $3 ms to wait for a lock.
select * from millrace.keep_history($1::integer, $2::integer, $3::integer)
