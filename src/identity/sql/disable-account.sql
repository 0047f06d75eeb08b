-- disable-account.sql: shuts an account or opens it again. $1 id, $2 whether it is shut. Answers it, if there is one. Locks: its
-- row.
update millrace.account
   set disabled_at = case when $2::boolean then coalesce(disabled_at, millrace.now()) end
 where id = $1::uuid returning id
