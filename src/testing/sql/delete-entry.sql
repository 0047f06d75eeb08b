-- delete-entry.sql: the entry of a job that ran inline, unless its transaction has completed it. $1 id.
delete from millrace.entry where lane = -1 and id = $1
