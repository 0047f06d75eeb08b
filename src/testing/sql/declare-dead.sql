-- declare-dead.sql: the process of every worker of this database was killed. Locks: their rows.
update millrace.worker set gone_at = millrace.now() where gone_at is null
