-- append-plain.sql: the short way of append.sql, for jobs that are untracked, undelayed and have no idempotency key: one
-- insert, packed. $1 lane, $2 id of the first job, $3 task, $4 payload, $5 headers, $6 number of jobs, $7 the ids of all in
-- hexadecimal (null: one job), $8 key, $9 tenant, $10 priority (null: the queue has no rules).
insert into millrace.entry (lane, id, task, tracked, payload, headers, count, pack, place)
select lane, id, task, false, payload, millrace.stamped(headers, 0), count, decode(pack, 'hex'),
       case when priority is not null then row(key, tenant, priority)::millrace.place end
  from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::jsonb[], $6::smallint[], $7::text[], $8::text[],
    $9::text[], $10::text[]) as t(lane, id, task, payload, headers, count, pack, key, tenant, priority)
