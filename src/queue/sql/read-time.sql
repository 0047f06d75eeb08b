-- read-time.sql: what time it is by the database's clock, in ms since 1970.
select (extract(epoch from millrace.now()) * 1000)::float8 as now_ms
