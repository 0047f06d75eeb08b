-- find-cancelled.sql: which of these running jobs are to be cancelled. $1 ids.
select id from millrace.operation where id = any ($1::uuid[]) and cancel_requested_at is not null
