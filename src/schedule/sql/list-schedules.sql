-- list-schedules.sql: schedules that the database knows. Answers the last tick that was fired, and when it
-- was; on a row without a name as well, the database's time. Index: tick_pkey, backwards.
select s.name, s.first_seen_at, t.due_at as last_due_at, t.fired_at as last_fired_at, millrace.now() as now
  from (select name, first_seen_at from millrace.schedule union all select null, null) s
  left join lateral (
    select due_at, fired_at from millrace.tick where schedule = s.name order by due_at desc limit 1) t on true
 order by s.name
