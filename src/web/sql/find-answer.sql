-- find-answer.sql: the answer that was given under a key. $1 scope, $2 key.
select fingerprint, status, headers, body from millrace.idempotency where scope = $1 and key = $2
