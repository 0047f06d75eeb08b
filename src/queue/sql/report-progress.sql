-- report-progress.sql: the newest progress of running jobs. $1 ids, $2 lanes, $3 xids, $4 seqs, $5 progress.
-- Only who still holds the entry may tell; a job that was taken from us keeps its new worker's progress.
update millrace.operation o
   set progress = k.progress, version = o.version + 1
  from (
    select t.*, (select true from millrace.entry e where e.lane = t.lane and e.xid = t.xid and e.seq = t.seq) as is_held
      from unnest($1::uuid[], $2::smallint[], $3::xid8[], $4::bigint[], $5::json[]) t(id, lane, xid, seq, progress) offset 0) k
 where o.id = any (array[k.id]) and o.status = 'running' and k.is_held
