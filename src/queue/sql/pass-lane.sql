-- pass-lane.sql: waits until the claim that is under way in a lane has ended. $1 lane. Locks: the lane's own, for a moment.
select pg_advisory_xact_lock(7727, $1::integer)
