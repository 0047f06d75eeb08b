-- lock-templates.sql: one process at a time makes templates. Locks: an advisory one, until the connection ends.
select pg_advisory_lock(7730, 0)
