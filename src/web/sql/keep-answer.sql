-- keep-answer.sql: the answer to a request whose key we hold. $1 scope, $2 key, $3 status, $4 headers, $5 body.
update millrace.idempotency set status = $3, headers = $4::jsonb, body = $5::json where scope = $1 and key = $2
