-- find-death.sql: why a job became a dead letter. $1 id. Index: dead_pkey.
select reason from millrace.dead where id = $1::uuid
