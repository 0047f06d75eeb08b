-- local-find.sql: something that the local provider keeps. $1 model, $2 id (null: by uid), $3 uid.
select payload, extract(epoch from consumed_at)::bigint::text as consumed from millrace.local_provider
 where model = $1::text and (id = $2::text or uid = $3::text) and (expires_at is null or expires_at > millrace.now())
