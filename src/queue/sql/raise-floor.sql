-- raise-floor.sql: see routines/promote.sql. $1 where the pass began, $2 the oldest transaction then, $3 ms by which writes may
-- be late.
select millrace.raise_floor($1::timestamptz, $2::xid8, $3::integer)
