-- list-lanes.sql: all lanes, in the order in which they are looked through.
select l.id::integer as id, l.queue, l.kind, l.priority from millrace.lane l
 order by l.queue, array_position(array['ready', 'flow', 'intake', 'quarantine'], l.kind),
          array_position(array['high', 'normal', 'low'], l.priority), l.partition
