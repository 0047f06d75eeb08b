-- local-secret.sql: the secrets of the local provider: made by whoever comes first, the same for all. $1 those to be used when
-- there are none.
with made as (
  insert into millrace.local_provider (model, id, payload) values ('secret', 'secret', $1::jsonb) on conflict do nothing
  returning payload
)
select payload from made union all select payload from millrace.local_provider where model = 'secret' and id = 'secret'
