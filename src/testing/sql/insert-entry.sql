-- insert-entry.sql: an entry for a job that runs inline, in a lane that nobody claims from. $1 id, $2 task.
insert into millrace.entry (lane, id, task, tracked, payload) values (-1, $1, $2, false, 'null')
returning lane, xid::text as xid, seq::text as seq, id
