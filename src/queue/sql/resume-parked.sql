-- resume-parked.sql: see routines/pause.sql. $1 task, $2 jobs at most.
select moved, lanes::integer[] as lanes from millrace.resume_parked($1::text, $2::integer)
