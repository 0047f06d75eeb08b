-- count-leased.sql: how much each lane's leases held when they were taken: entries, and jobs in them. $1 lanes
-- (null: all).
select l.lane::integer as lane, sum(cardinality(l.xids))::integer as entries,
       sum((select sum(c) from unnest(l.counts) c))::integer as jobs
  from millrace.lease l where $1::smallint[] is null or l.lane = any ($1) group by l.lane
