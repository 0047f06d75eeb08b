-- note-account.sql: what a provider says of somebody, who is made an account when they come for the first time. $1 id of a new
-- account, $2 issuer, $3 subject, $4 name, $5 e-mail, $6 roles, $7 claims, $8 when it was said, in ms since 1970, $9 whether it
-- is all that it says: then an e-mail or roles that are null, and claims that are missing, are none; otherwise they stay as
-- they were. What was said before something that is known already changes nothing. Answers the account. Locks: its row.
insert into millrace.account as a (id, issuer, subject, name, email, roles, claims, told_at, begun_at)
values ($1::uuid, $2::text, $3::text, coalesce($4::text, $3::text), $5::text, coalesce($6::text[], '{}'), $7::jsonb,
        to_timestamp($8::double precision / 1000), millrace.now())
on conflict (issuer, subject) do update set (name, email, roles, claims, told_at) = (
  select coalesce($4::text, a.name),
         case when $9::boolean then excluded.email else coalesce(excluded.email, a.email) end,
         case when $9::boolean or $6::text[] is not null then excluded.roles else a.roles end,
         case when $9::boolean then excluded.claims else a.claims || excluded.claims end, excluded.told_at
   where excluded.told_at >= a.told_at
   union all
  select a.name, a.email, a.roles, a.claims, a.told_at where excluded.told_at < a.told_at)
returning id, name, email, roles || granted as roles, claims, disabled_at is not null as is_disabled
