-- find-fates.sql: where jobs are that have not simply succeeded, and what went wrong with them so far. A deferred job has its
-- errors when it was tried, and none when it was submitted with a delay.
select id, task, 'failed' as fate, attempt::integer, coalesce(errors, '[]') as errors from millrace.dead
union all
select id, task, 'retrying', attempt::integer, coalesce(errors, '[]') from millrace.deferred
union all
select id, task, 'parked', attempt::integer, coalesce(errors, '[]') from millrace.parked
union all
select id, task, case reason when 'expired' then 'expired' else 'cancelled' end, attempt::integer, coalesce(errors, '[]')
  from millrace.history where status = 'cancelled' or reason = 'expired'
