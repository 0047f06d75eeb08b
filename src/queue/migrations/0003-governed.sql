-- Governed queues: limits, rates, order per key and turns between tenants. How they work: routines/governed.sql. Every table
-- of a scheduler's state is a ledger or is read from a position on, for the same reason as the cursor: nothing is updated
-- in place, and no dead row is ever walked over.

-- Whose a job is, in a governed queue.
create type millrace.place as (key text, tenant text, priority text);

alter table millrace.entry
  add column place millrace.place,                   -- null in a queue without rules
  add column holds boolean not null default false;   -- it has a slot of its flow and its queue until it ends
alter table millrace.deferred add column place millrace.place, add column holds boolean not null default false;
alter table millrace.dead add column place millrace.place;

alter table millrace.lane drop constraint lane_kind_check;
alter table millrace.lane add check (kind in ('ready', 'quarantine', 'intake', 'flow'));

-- The rules of each queue, as the newest release that has started declares them, and whether it is paused.
create table millrace.queue (
  name text primary key,
  concurrency integer,
  rate_count integer,
  rate_ms integer,
  key_concurrency integer,
  key_is_fifo boolean not null default false,
  key_rate_count integer,
  key_rate_ms integer,
  is_fair boolean not null default false,
  paused_at timestamptz
);
insert into millrace.queue (name) select distinct queue from millrace.lane;

-- Tasks that are paused, in whatever queue.
create table millrace.paused_task (
  task text primary key,
  paused_at timestamptz not null
);

-- Jobs that were handed out and cannot run now, and have spent no attempt: their task is paused, or no release that knows
-- their task, or their version of it, was there.
create table millrace.parked (
  id uuid primary key,
  lane smallint not null,
  task text not null,
  version smallint not null,
  why text not null check (why in ('paused', 'unknown')),
  parked_at timestamptz not null,
  tracked boolean not null,
  attempt smallint not null,
  crashes smallint not null,
  payload text not null,
  headers jsonb,
  errors jsonb,
  place millrace.place
);
create index parked_by_task on millrace.parked (task, why, version);

-- Where the scheduler of a flow lane stands: the newest row counts. One entry of each array for high, normal and low.
create table millrace.scheduler (
  lane smallint not null,
  n bigint generated always as identity,
  clock bigint[] not null,  -- virtual time: the start tag of the turn served last
  at_n bigint[] not null,   -- and its number: turns up to (clock, at_n) are behind us
  running integer not null, -- slots of the queue that are held
  next_at timestamptz,      -- rate of the queue: when the next start would be on time (GCRA)
  woken_at timestamptz,     -- a timer for the rate is set for then
  primary key (lane, n)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- A flow: the jobs of one key, or of one tenant and priority, in order. The newest row of each counts; no row: nothing
-- waits or runs. Its jobs are the entries of the flow lane whose xid is the flow's id.
create table millrace.flow (
  lane smallint not null,
  id bigint not null,
  n bigint generated always as identity,
  place millrace.place not null,
  taken bigint not null,    -- number of the last job that was handed out
  arrived bigint not null,  -- number of the last job that has come
  running integer not null, -- slots of the flow that are held
  has_turn boolean not null,
  next_at timestamptz,
  woken_at timestamptz,
  primary key (lane, id, n)
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);

-- Who is next: one row for each flow that has something to hand out, in the order of virtual time.
create table millrace.turn (
  lane smallint not null,
  priority smallint not null,
  start bigint not null,
  n bigint generated always as identity,
  flow bigint not null,
  primary key (lane, priority, start, n)
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);

-- How much each tenant has had, in virtual time: the newest row counts; behind the scheduler's clock it means nothing.
create table millrace.tenant (
  lane smallint not null,
  priority smallint not null,
  id bigint not null,
  n bigint generated always as identity,
  finish bigint not null,
  primary key (lane, priority, id, n)
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);

-- A row of a claim.
create type millrace.claimed as (
  lease bigint, xid xid8, seq bigint, id uuid, task text, tracked boolean, attempt smallint, crashes smallint,
  payload text, headers jsonb, count smallint, pack bytea, holds boolean
);

-- What holds for a claim.
create type millrace.claim_rules as (is_paused boolean, has_paused_tasks boolean);
