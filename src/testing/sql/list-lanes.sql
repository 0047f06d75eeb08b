-- list-lanes.sql: the lanes of some queues. $1 names.
select id from millrace.lane where queue = any ($1::text[])
