-- settle-succeeded.sql: the end of untracked jobs that succeeded: their entries go. $1 lanes, $2 xids, $3 seqs, $4 ids and $5
-- numbers of jobs of the entries, $6 leases of which nothing is left. An entry with another id or number of jobs is not the
-- one that was leased: that one, or the claim that cut it, was lost in a crash of the server (routines/claim.sql). Answers how
-- many entries there were: fewer means lost leases.
-- Each entry is found by its key first, and taken by where it lies: a table whose rows are nearly all dead, but cannot be
-- removed while a snapshot is held, is empty in the planner's eyes, and a join with it would walk over all of them.
with settled as (
  delete from millrace.entry where ctid = any (array(
    select (select e.ctid from millrace.entry e
             where e.lane = k.lane and e.xid = k.xid and e.seq = k.seq and e.id = k.id and e.count = k.count)
      from unnest($1::smallint[], $2::xid8[], $3::bigint[], $4::uuid[], $5::smallint[]) k(lane, xid, seq, id, count)))
  returning 1
), closed as (
  delete from millrace.lease where id = any ($6::uuid[])
)
select count(*)::integer as settled from settled
