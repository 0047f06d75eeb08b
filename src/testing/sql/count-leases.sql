-- count-leases.sql: claims of which something is not settled yet.
select count(*)::integer as count from millrace.lease
