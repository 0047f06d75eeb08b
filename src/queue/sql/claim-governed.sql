-- claim-governed.sql: see routines/governed.sql. $1 flow lane, $2 jobs at most, $3 jobs in a pack at most, $4 worker.
select * from millrace.claim_governed($1::smallint, $2::integer, $3::integer, $4::uuid)
