-- Large inputs lie in blobs. Which of these blobs belong to a job is asked by the job's id, now and then, for few jobs:
-- these indexes hold nothing else. Such a job is never in a pack, and its payload begins as src/queue/payload/envelope.ts
-- writes it. dead and parked have their ids as keys.
create index entry_blob on millrace.entry (id) where payload ^@ '{"$millrace":{"blob":';
create index deferred_blob on millrace.deferred (id) where payload ^@ '{"$millrace":{"blob":';

-- The blobs of this database lie under this name, so that databases may share a store: none sweeps away another's.
create table millrace.payload_place (
  single boolean primary key default true check (single),
  name uuid not null default gen_random_uuid()
);
insert into millrace.payload_place default values;
