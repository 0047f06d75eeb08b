-- find-lanes.sql: the lanes of these queues, as ensure-lanes.sql answers them. $1 names of queues. Locks nothing.
select l.id, l.queue, l.kind, l.priority, l.partition from millrace.lane l where l.queue = any ($1::text[]) order by l.partition
