-- find-accounts.sql: accounts that may be used, by id. $1 ids. Index: account_pkey.
select id, name, email, roles || granted as roles, claims, false as is_disabled, signed_out_at, signed_out_but
  from millrace.account
 where id = any ($1::uuid[]) and disabled_at is null
