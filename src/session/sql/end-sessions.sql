-- end-sessions.sql: ends sessions of an account. $1 account, $2 only the one with this id (null: all), $3 all but the one
-- with this id (null: none is spared). Answers their ids. Locks: their rows. Index: session_of_account.
delete from millrace.session
 where account = $1::uuid and ($2::uuid is null or id = $2::uuid) and id is distinct from $3::uuid
returning id, account
