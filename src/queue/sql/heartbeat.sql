-- heartbeat.sql: renews a worker's lease. $1 id, $2 lease in ms. A lease that ran out is renewed too as long as nobody has
-- declared the worker dead: after an outage of the database all of them have run out. No row answered: the lease is lost.
update millrace.worker set expires_at = millrace.now() + $2::bigint * interval '1 ms'
 where id = $1 and gone_at is null
returning 1 as renewed
