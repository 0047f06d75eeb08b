-- What operators ask for. A paused task's jobs come back in the order in which they were parked; dead letters are looked
-- for by their task. Neither table is on the fast path.
alter table millrace.parked add column n bigint generated always as identity;
create index parked_in_order on millrace.parked (task, n) where why = 'paused';
create index dead_by_task on millrace.dead (task, died_at, id);
