-- Leases are named by what cannot come twice. A claim's commit waits for no disk; a number drawn by one that was lost in a
-- crash of the server would be given again, and its old owner would close the new owner's lease.
alter table millrace.lease alter column id drop identity;
alter table millrace.lease alter column id type uuid using gen_random_uuid();
alter table millrace.lease alter column id set default gen_random_uuid();
alter type millrace.claimed alter attribute lease type uuid;
-- the claim of the release before packs
drop function if exists millrace.claim(smallint, integer, uuid);
