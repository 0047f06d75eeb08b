-- rescue.sql: see routines/rescue.sql. $1 leases at most, $2 crashes that make a dead letter, $3 whether leases that ran out count.
select * from millrace.rescue($1::integer, $2::integer, $3::boolean)
