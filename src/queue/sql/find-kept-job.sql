-- find-kept-job.sql: a job that is parked or dead. $1 id. Index: parked_pkey, dead_pkey.
select 'parked' as stage, p.id, p.lane, p.task, p.attempt, p.crashes, p.tracked, (p.place).key, (p.place).tenant, (p.place).priority,
       p.payload, p.headers, p.errors, p.parked_at, p.why, null::timestamptz as died_at, null as code
  from millrace.parked p where p.id = $1::uuid
union all
select 'dead', d.id, d.lane, d.task, d.attempt, d.crashes, d.tracked, (d.place).key, (d.place).tenant, (d.place).priority,
       d.payload, d.headers, d.errors, null, null, d.died_at, millrace.code_of(d)
  from millrace.dead d where d.id = $1::uuid
