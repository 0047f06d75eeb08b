-- The log and everything around it. How it works, and why no table here is ever searched behind its live edge:
-- docs/queue.md. Jobs move between tables by delete and insert; no row of the fast path is ever updated.

-- A lane is one ordered part of a queue: 'ready' for ordinary jobs, 'quarantine' for those that were running when their
-- worker crashed.
create table millrace.lane (
  id smallint generated always as identity primary key,
  queue text not null,
  kind text not null check (kind in ('ready', 'quarantine')),
  unique (queue, kind)
);

-- One row per job that waits or runs. xid is the transaction that appended it: with it, a reader can tell what committed
-- between two snapshots. seq orders the entries of one transaction; it says nothing across transactions.
create table millrace.entry (
  lane smallint not null,
  xid xid8 not null default pg_current_xact_id(),
  seq bigint generated always as identity,
  id uuid not null,
  task text not null,
  tracked boolean not null,
  attempt smallint not null default 0, -- attempts spent so far
  crashes smallint not null default 0, -- how often its worker died under it
  payload text not null,
  headers jsonb,
  errors jsonb,                        -- what went wrong in earlier attempts, oldest first
  primary key (lane, xid, seq)
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.5);

-- How far each lane has been handed out, as a ledger: the newest row counts. Updating one row in place would leave a chain
-- of dead versions to walk whenever an old snapshot keeps vacuum away.
create table millrace.cursor (
  lane smallint not null,
  n bigint generated always as identity,
  done pg_snapshot not null, -- everything visible in it has been handed out
  win pg_snapshot not null,  -- the window: what is visible in it, but not in done, is being handed out
  at_xid xid8 not null,      -- position inside the window; before xmax(done) it is among the stragglers
  at_seq bigint not null,
  primary key (lane, n)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- What one claim took: one row per claim, never one per job.
create table millrace.lease (
  id bigint generated always as identity primary key,
  worker uuid not null,
  lane smallint not null,
  xids xid8[] not null,
  seqs bigint[] not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
create index lease_of_worker on millrace.lease (worker);

-- One row per worker process; its heartbeat moves expires_at on. machine and started_at tell, on the same machine,
-- whether the process still lives.
create table millrace.worker (
  id uuid primary key,
  machine text not null,
  pid integer not null,
  process_started text not null,
  started_at timestamptz not null,
  expires_at timestamptz not null,
  gone_at timestamptz -- set when it is declared dead; it cannot come back
) with (fillfactor = 50);

-- Jobs that wait for their time: delayed ones and retries.
create table millrace.deferred (
  due_at timestamptz not null,
  id uuid not null,
  lane smallint not null,
  task text not null,
  tracked boolean not null,
  attempt smallint not null default 0,
  crashes smallint not null default 0,
  payload text not null,
  headers jsonb,
  errors jsonb,
  primary key (due_at, id)
) with (autovacuum_vacuum_scale_factor = 0.05);

-- Dead letters: jobs that will not be tried again.
create table millrace.dead (
  id uuid primary key,
  lane smallint not null,
  task text not null,
  tracked boolean not null,
  attempt smallint not null,
  crashes smallint not null,
  payload text not null,
  headers jsonb,
  errors jsonb,
  reason text not null check (reason in ('attempts', 'permanent', 'crashes')),
  died_at timestamptz not null
);
create index dead_by_time on millrace.dead (died_at, id);

-- One row per job that someone will ask about.
create table millrace.operation (
  id uuid primary key,
  task text not null,
  status text not null check (status in ('scheduled', 'queued', 'running', 'succeeded', 'failed', 'cancelled')),
  attempt smallint not null default 0,
  progress json, -- json, not jsonb: a result may hold what jsonb refuses (U+0000, lone surrogates)
  result json,
  error json,
  version bigint not null default 1, -- rises with every change: the id of the change in an event stream
  submitted_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  cancel_requested_at timestamptz
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
create index operation_ended on millrace.operation (ended_at) where ended_at is not null;

-- Idempotency keys of submits: the job that a key stands for until it expires.
create table millrace.unique_key (
  scope text not null,
  key text not null,
  job uuid not null,
  expires_at timestamptz not null,
  primary key (scope, key)
);
create index unique_key_expiry on millrace.unique_key (expires_at);
