-- local-upsert.sql: keeps something of the local provider. $1 model, $2 id, $3 payload, $4 grant, $5 uid, $6 how long, in ms
-- (null: for ever).
insert into millrace.local_provider (model, id, payload, grant_id, uid, expires_at)
values ($1::text, $2::text, $3::jsonb, $4::text, $5::text, millrace.now() + $6::bigint * interval '1 ms')
on conflict (model, id) do update
   set payload = excluded.payload, grant_id = excluded.grant_id, uid = excluded.uid, expires_at = excluded.expires_at
