-- list-workers-of-machine.sql: the live workers of a machine. $1 machine.
select id, pid, process_started from millrace.worker where machine = $1 and gone_at is null
