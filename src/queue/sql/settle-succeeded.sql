-- settle-succeeded.sql: the end of untracked jobs that succeeded: their entries go. $1 lanes, $2 xids, $3 seqs of the
-- entries, $4 leases of which nothing is left. Answers how many entries there were: fewer means lost leases.
with settled as (
  delete from millrace.entry e using unnest($1::smallint[], $2::xid8[], $3::bigint[]) k(lane, xid, seq)
   where e.lane = k.lane and e.xid = k.xid and e.seq = k.seq
  returning 1
), closed as (
  delete from millrace.lease where id = any ($4::bigint[])
)
select count(*)::integer as settled from settled
