-- discard-dead.sql: forgets dead letters and what they did elsewhere, oldest first. $1 to $7 which, as in list-dead.sql;
-- $8 and $9 when the last one of the block before died, and its id (null: begin); $10 count at most; $11 died until.
-- Answers the ids of those that were there, and where to go on. Locks: the rows; those that are being redriven are
-- skipped. Index: as redrive.sql.
with chosen as materialized (
  select d.id from millrace.dead d
   where millrace.is_meant(d, $1::uuid[], $2::smallint[], $3::text, $4::text, $5::text, $6::timestamptz, $7::timestamptz)
     and ($8::timestamptz is null or (d.died_at, d.id) > ($8, $9::uuid))
     and d.died_at <= coalesce($11::timestamptz, millrace.now())
   order by d.died_at, d.id limit $10 for update skip locked
), gone as (
  delete from millrace.dead d using chosen c where d.id = c.id returning d.id, d.died_at
), forgotten as (
  delete from millrace.effect f using gone g where f.job = g.id
)
select coalesce(array_agg(id order by died_at, id), '{}') as ids, max(died_at)::text as last_died,
       (array_agg(id order by died_at desc, id desc))[1] as last_id
  from gone
