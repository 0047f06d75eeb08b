-- renew-leases.sql: the clock has jumped; living workers have not been away meanwhile. Locks: their rows.
update millrace.worker set expires_at = millrace.now() + interval '1 day' where gone_at is null
