-- estimate-scheduled.sql: how many deferred jobs PostgreSQL's statistics expect. $1 lanes. Reads no row of the table.
explain (format json) select from millrace.deferred where lane = any ($1::smallint[])
