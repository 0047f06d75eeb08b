-- Answers that were given under an Idempotency-Key, kept so that a repeat gets the same one. The row is inserted first, in
-- the transaction of the request's effects: whoever comes second waits at the primary key until the first has committed or
-- rolled back.
create table millrace.idempotency (
  scope text not null,        -- the route, and whose key it is: two users may use the same key
  key text not null,
  fingerprint text not null,  -- of the request: the key stands for this one only
  status smallint,
  headers jsonb,
  body json,                  -- json, not jsonb: it is given again as it was
  expires_at timestamptz not null,
  primary key (scope, key)
);
create index idempotency_expiry on millrace.idempotency (expires_at);
