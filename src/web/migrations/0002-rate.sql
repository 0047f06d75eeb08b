-- How often clients have done what is bounded for each of them. Not logged: a server that crashed has forgotten it.
create unlogged table millrace.rate (
  key text primary key,         -- of what, and of which client
  next_at timestamptz not null  -- when the next one would be on time (GCRA)
) with (fillfactor = 50);
