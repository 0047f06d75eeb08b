-- append-quick.sql: see routines/append-quick.sql. $1 lane, $2 id of the first job, $3 task, $4 payload, $5 headers, $6 number
-- of jobs, $7 the ids of all in hexadecimal (null: one job), $8 key, $9 tenant, $10 priority, $11 hint.
call millrace.append_quick($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::jsonb[], $6::smallint[], $7::text[], $8::text[],
  $9::text[], $10::text[], $11::text)
