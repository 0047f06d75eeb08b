-- A tracked job that waits for its time is found by its id: who cancels it takes it away with all that it holds. Others are
-- never looked for, and cost this index nothing.
create index deferred_tracked on millrace.deferred (id) where tracked;

-- Jobs that have their slots and start again wait for the rates in a line of their own: up to here it has been served.
alter table millrace.scheduler add column resumed bigint not null default 0;
