-- headers.sql: headers of jobs with a time to live or a time limit (src/queue/headers.ts).

-- stamped: the headers of a job that is submitted now, with the moments that its durations come to once its delay is over:
-- expiresAt and endsBy, in ms since 1970 as text. Other headers stay as they are; null stays null, which is nearly every job.
create or replace function millrace.stamped(headers jsonb, delay_ms bigint) returns jsonb language sql volatile as $$
  select case when headers ?| array['ttlMs', 'jobTimeoutMs'] then headers || jsonb_strip_nulls(jsonb_build_object(
    'expiresAt', (floor(extract(epoch from millrace.now()) * 1000)::bigint + coalesce(delay_ms, 0) + (headers ->> 'ttlMs')::bigint)::text,
    'endsBy', (floor(extract(epoch from millrace.now()) * 1000)::bigint + coalesce(delay_ms, 0) + (headers ->> 'jobTimeoutMs')::bigint)::text
  )) else headers end
$$;

-- begun: the headers of a job that has begun once: its time to live has served its purpose.
create or replace function millrace.begun(headers jsonb) returns jsonb language sql immutable as $$
  select case when headers ? 'ttlMs' then nullif(headers - 'expiresAt' - 'ttlMs', '{}') else headers end
$$;

-- redriven: the headers of a dead letter that somebody wants after all: no time to live, and all of its time again from when
-- it is due (null: now).
create or replace function millrace.redriven(headers jsonb, due_at timestamptz) returns jsonb language sql volatile as $$
  select millrace.stamped(millrace.begun(headers), coalesce((extract(epoch from due_at - millrace.now()) * 1000)::bigint, 0))
$$;
