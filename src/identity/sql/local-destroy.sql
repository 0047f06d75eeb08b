-- local-destroy.sql: it is over. $1 model, $2 id (null: all of a grant), $3 grant.
delete from millrace.local_provider where model = $1::text and (id = $2::text or grant_id = $3::text)
