-- record-effect.sql: a job has done something outside the database. $1 job, $2 name, $3 what came of it, as JSON.
insert into millrace.effect (job, name, result, done_at) values ($1::uuid, $2, $3, millrace.now()) on conflict do nothing
