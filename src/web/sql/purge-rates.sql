-- purge-rates.sql: forgets clients who may do everything at once again. $1 how many at most. Reads the whole table, which has
-- no index for it: each request of a client would have to write that as well.
delete from millrace.rate where ctid = any (array(
  select ctid from millrace.rate where next_at <= millrace.now() limit $1::integer for update skip locked))
