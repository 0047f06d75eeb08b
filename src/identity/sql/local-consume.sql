-- local-consume.sql: it was used. $1 model, $2 id.
update millrace.local_provider set consumed_at = millrace.now() where model = $1::text and id = $2::text
