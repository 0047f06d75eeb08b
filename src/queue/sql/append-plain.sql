-- append-plain.sql: the short way of append.sql, for jobs that are untracked, undelayed and have no key: one insert.
-- $1 lane, $2 id, $3 task, $4 payload, $5 headers.
insert into millrace.entry (lane, id, task, tracked, payload, headers)
select lane, id, task, false, payload, headers
  from unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::jsonb[]) as t(lane, id, task, payload, headers)
