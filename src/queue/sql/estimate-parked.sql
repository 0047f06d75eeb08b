-- estimate-parked.sql: how many parked jobs PostgreSQL's statistics expect. $1 lanes. Reads no row of the table.
explain (format json) select from millrace.parked where lane = any ($1::smallint[])
