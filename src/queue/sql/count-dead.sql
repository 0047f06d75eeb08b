-- count-dead.sql: how many of the newest dead letters are meant. $1 to $7 which, as in list-dead.sql; $8 looked at, at most.
-- Answers how many were looked at, and how many of them are meant. Task and time decide which are looked at.
-- Index: dead_by_time or dead_by_task, backwards.
select count(*)::integer as looked,
       (count(*) filter (where millrace.is_meant(s.d, $1::uuid[], $2::smallint[], null, $4::text, $5::text, null, null)))::integer as meant
  from (
    select d from millrace.dead d
     where millrace.is_meant(d, $1, null, $3::text, null, null, $6::timestamptz, $7::timestamptz)
     order by d.died_at desc, d.id desc limit $8) s
