-- find-accounts-by-email.sql: accounts that may be used, by their e-mail address, in whatever letters. $1 the address, $2 how many
-- at most. Index: account_by_email.
select id, name, email, roles || granted as roles, claims, false as is_disabled from millrace.account
 where lower(email) = lower($1::text) and disabled_at is null order by id limit $2::integer
