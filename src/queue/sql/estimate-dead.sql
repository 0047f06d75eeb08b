-- estimate-dead.sql: how many dead letters PostgreSQL's statistics expect. $1 lanes, $2 task, $3 died after, $4 died before
-- (null: all). Reads no row of the table.
explain (format json) select from millrace.dead d
 where ($1::smallint[] is null or d.lane = any ($1)) and ($2::text is null or d.task = $2)
   and ($3::timestamptz is null or d.died_at >= $3) and ($4::timestamptz is null or d.died_at < $4)
