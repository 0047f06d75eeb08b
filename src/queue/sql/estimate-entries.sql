-- estimate-entries.sql: how many entries PostgreSQL's statistics expect in a lane. $1 lane. Reads no row of the table.
explain (format json) select from millrace.entry where lane = $1::smallint
