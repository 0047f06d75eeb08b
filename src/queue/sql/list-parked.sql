-- list-parked.sql: jobs that cannot run for now, by the age of their ids. $1 lanes (null: all); $2 id of the last one seen
-- (null: begin); $3 task (null: any); $4 jobs at most; $5 rows looked at, at most. Answers jobs, and on every row how many
-- were looked at and the last of them; one row without a job when none was found. Index: parked_pkey.
with seen as materialized (
  select p.* from millrace.parked p where $2::uuid is null or p.id > $2 order by p.id limit $5
)
select t.looked, t.last_id, j.*
  from (select count(*)::integer as looked, (array_agg(id order by id desc))[1] as last_id from seen) t
  left join lateral (
    select s.id, s.lane, s.task, s.attempt, s.crashes, s.tracked, (s.place).key, (s.place).tenant, (s.place).priority,
           s.parked_at, s.why, s.version
      from seen s
     where ($1::smallint[] is null or s.lane = any ($1)) and ($3::text is null or s.task = $3)
     order by s.id limit $4) j on true
