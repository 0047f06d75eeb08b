-- list-leases.sql: the leases that a worker holds. $1 worker. Index: lease_of_worker.
select id::text as id from millrace.lease where worker = $1
