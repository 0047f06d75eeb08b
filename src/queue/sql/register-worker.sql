-- register-worker.sql: a worker process begins. $1 id, $2 machine, $3 pid, $4 when that process started, $5 lease in ms.
insert into millrace.worker (id, machine, pid, process_started, started_at, expires_at)
values ($1, $2, $3, $4, millrace.now(), millrace.now() + $5::bigint * interval '1 ms')
