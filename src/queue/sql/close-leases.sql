-- close-leases.sql: leases of which nothing is left, when their last jobs were settled elsewhere. $1 ids.
delete from millrace.lease where id = any ($1::uuid[])
