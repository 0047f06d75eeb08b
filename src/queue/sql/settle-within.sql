-- settle-within.sql: see routines/settle-within.sql. $1 lane, $2 xid, $3 seq, $4 id, $5 result.
select millrace.settle_within($1::smallint, $2::xid8, $3::bigint, $4::uuid, $5::json)
