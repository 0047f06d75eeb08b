-- A tracked job that waits for its time is found by its id: who cancels it takes it away with all that it holds. Others are
-- never looked for, and cost this index nothing.
create index deferred_tracked on millrace.deferred (id) where tracked;
