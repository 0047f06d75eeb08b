-- leave.sql: a worker that has settled everything takes its leave. $1 id.
delete from millrace.worker w where w.id = $1 and not exists (select from millrace.lease l where l.worker = $1)
