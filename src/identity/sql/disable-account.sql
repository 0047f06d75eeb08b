-- disable-account.sql: shuts an account or opens it again. $1 id, $2 whether it is shut: what was begun with it is over then,
-- and stays so when it is opened. Answers it, if there is one. Locks: its row.
update millrace.account
   set disabled_at = case when $2::boolean then coalesce(disabled_at, millrace.now()) end,
       signed_out_at = case when $2::boolean then millrace.now() else signed_out_at end,
       signed_out_but = case when not $2::boolean then signed_out_but end
 where id = $1::uuid returning id
