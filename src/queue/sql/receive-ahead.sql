-- receive-ahead.sql: see routines/governed.sql. $1 flow lane, $2 worker.
select millrace.receive_ahead($1::smallint, $2::uuid) as received
