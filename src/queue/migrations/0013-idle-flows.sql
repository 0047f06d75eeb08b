-- Flows of which nothing waits and nothing runs are purged; of all that do, none is looked at for that.
create index flow_idle on millrace.flow ((coalesce(next_at, '-infinity'))) where arrived = taken and running = 0 and not has_turn;
