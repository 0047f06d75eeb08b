-- grant-roles.sql: the roles that an account has from here, beside those that its provider says. $1 id, $2 roles to add, $3
-- roles to take away. Answers them, if there is such an account. Locks: its row.
update millrace.account
   set granted = (select coalesce(array_agg(distinct r order by r), '{}') from unnest(granted || $2::text[]) r
                   where r <> all ($3::text[]))
 where id = $1::uuid returning granted
