-- count-held.sql: how many jobs of each lane are scheduled, parked or dead. $1 rows looked at, at most, of each.
select 'scheduled' as stage, d.lane::integer as lane, count(*)::integer as jobs
  from (select lane from millrace.deferred where task <> '' limit $1) d group by d.lane
union all
select 'parked', p.lane::integer, count(*)::integer from (select lane from millrace.parked limit $1) p group by p.lane
union all
select 'dead', d.lane::integer, count(*)::integer from (select lane from millrace.dead limit $1) d group by d.lane
