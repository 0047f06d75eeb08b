-- carve.sql: takes packs apart because some of their jobs have ended and others go on: the pack's entry goes, and each job
-- that is kept gets an entry of its own, under the lease of the pack. What is not kept has succeeded. One row per job to keep:
-- $1 lane, $2 xid, $3 seq, $4 id and $5 number of jobs of the pack, $6 the job's number in it. Answers the packs that were there.
with kept as materialized (
  select * from unnest($1::smallint[], $2::xid8[], $3::bigint[], $4::uuid[], $5::smallint[], $6::integer[])
    as t(lane, xid, seq, id, count, n)
), gone as (
  -- where the packs lie, found by their keys: see settle-succeeded.sql
  delete from millrace.entry e where e.ctid = any (array(
    select (select x.ctid from millrace.entry x
             where x.lane = k.lane and x.xid = k.xid and x.seq = k.seq and x.id = k.id and x.count = k.count)
      from (select distinct lane, xid, seq, id, count from kept) k))
  returning e
), apart as (
  insert into millrace.entry (lane, xid, seq, id, task, tracked, attempt, crashes, payload, headers, errors, place, holds)
  select (g.e).lane, (g.e).xid, (g.e).seq + j.n, j.id, (g.e).task, (g.e).tracked, (g.e).attempt, (g.e).crashes, j.payload,
         (g.e).headers, (g.e).errors, (g.e).place, (g.e).holds
    from gone g cross join lateral millrace.jobs_of(g.e) j
    join kept k on k.lane = (g.e).lane and k.xid = (g.e).xid and k.seq = (g.e).seq and k.n = j.n
)
select count(*)::integer as carved from gone
