-- claim.sql: see routines/claim.sql. $1 lane, $2 jobs at most, $3 jobs in a pack at most, $4 worker.
select * from millrace.claim($1::smallint, $2::integer, $3::integer, $4::uuid)
