-- promote.sql: see routines/promote.sql. $1 count at most, $2 where the last pass ended,
-- $3 ms by which commits may be late. Answers besides up to when a pass that begins now sees everything, late commits as well.
select moved, lanes::integer[] as lanes, last_due::text as last_due, (millrace.now() - $3::bigint * interval '1 ms')::text as sees_to,
       began_at::text as began_at, oldest::text as oldest
  from millrace.promote($1::integer, $2::timestamptz)
