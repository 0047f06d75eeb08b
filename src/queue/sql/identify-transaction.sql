-- identify-transaction.sql: says which transaction this is: the server's process, and when the transaction began.
-- Outside a transaction every statement is one of its own. Text, because every library hands that on unchanged.
select pg_backend_pid()::text || ' ' || extract(epoch from transaction_timestamp())::text as identity
