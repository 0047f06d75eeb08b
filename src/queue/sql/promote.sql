-- promote.sql: see routines/promote.sql. $1 count at most, $2 where the last pass ended.
select moved, lanes::integer[] as lanes, last_due::text as last_due from millrace.promote($1::integer, $2::timestamptz)
