-- lock-migrations.sql: one migrating process at a time, until the end of the transaction.
select pg_advisory_xact_lock(7726, 1)
