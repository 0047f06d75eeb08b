-- find-unclaimed.sql: those of these ids that no job with its input in a blob has. $1 ids. One statement, so that a job that
-- moves from table to table meanwhile is seen in one of them.
-- Index: entry_blob, deferred_blob, dead_pkey, parked_pkey.
select k.id from unnest($1::uuid[]) k(id)
 where not exists (select from millrace.entry e where e.id = k.id and e.payload ^@ '{"$millrace":{"blob":')
   and not exists (select from millrace.deferred d where d.id = k.id and d.payload ^@ '{"$millrace":{"blob":')
   and not exists (select from millrace.dead d where d.id = k.id)
   and not exists (select from millrace.parked p where p.id = k.id)
