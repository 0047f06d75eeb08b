-- retire-workers.sql: declares workers dead whose process is known to have ended, so that rescue need not wait for their
-- lease to run out. $1 ids. They cannot come back: a heartbeat does not revive them.
update millrace.worker set gone_at = millrace.now() where id = any ($1::uuid[]) and gone_at is null
