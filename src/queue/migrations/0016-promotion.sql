-- How far back promotion still has to look, as a ledger: the newest row counts. Without it each worker would look from the
-- very edge of deferred every few seconds, past all dead rows that a held snapshot keeps there.
create table millrace.promotion (
  n bigint generated always as identity primary key,
  floor timestamptz not null,      -- what is due before it has been moved, and nothing more comes there
  next_floor timestamptz not null, -- the floor once all transactions before next_xid have ended, and a pass has looked since
  next_xid xid8 not null,
  swept_at timestamptz not null    -- when a pass last looked from the edge
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
