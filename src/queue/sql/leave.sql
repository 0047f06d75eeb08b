-- leave.sql: a worker takes its leave. $1 id. Its row stays for an hour, so that a lease which it took unawares is rescued.
update millrace.worker set gone_at = millrace.now() where id = $1 and gone_at is null
