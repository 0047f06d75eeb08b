-- list-accounts.sql: accounts by name, for operators. $1 part of the name, e-mail or subject (null: all), $2 and $3 name and
-- id after which to go on (null: from the first), $4 how many at most. Index: account_by_name.
select id, issuer, subject, name, email, roles, granted, claims, begun_at, told_at, disabled_at from millrace.account
 where ($1::text is null or strpos(lower(name), lower($1::text)) > 0 or strpos(lower(email), lower($1::text)) > 0
        or subject = $1::text or id::text = $1::text)
   and ($2::text is null or (lower(name), id) > (lower($2::text), $3::uuid))
 order by lower(name), id limit $4::integer
