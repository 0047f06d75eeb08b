-- end-session.sql: ends one session. $1 hash of its token. Answers it, if it was there. Locks: its row.
delete from millrace.session where token_hash = $1::bytea returning id, account
