-- sign-out-account.sql: what an account has begun by now is over. $1 id, $2 a session that goes on (null: none). Answers the
-- account, if it is there. Locks: its row.
update millrace.account set signed_out_at = millrace.now(), signed_out_but = $2::uuid where id = $1::uuid returning id
