-- go-by-index.sql: before settle-within.sql, in the same transaction and round trip. That statement is planned once for each
-- connection of the handlers, as a rule while the log is nearly empty, when reading all of it is cheaper than the index; the
-- plan would stay when the log has grown, until the table is analysed. The engine's own connections have this from the start.
-- Index: none. Locks: none.
set local enable_seqscan = off
