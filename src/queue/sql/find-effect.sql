-- find-effect.sql: what a job has done under a name. $1 job, $2 name.
select result from millrace.effect where job = $1::uuid and name = $2
