-- claim.sql: see routines/claim.sql. $1 lane, $2 count at most, $3 worker.
select * from millrace.claim($1::smallint, $2::integer, $3::uuid)
