-- release-quarantined.sql: rescued jobs from quarantine back to where jobs are ready: a test has no process of its own to
-- run them in. What they carry stays, their crashes included; as everywhere in the log they get a new place in it.
with gone as (
  delete from millrace.entry e using millrace.lane l where l.id = e.lane and l.kind = 'quarantine' returning e
)
insert into millrace.entry
select n.* from gone g cross join lateral jsonb_populate_record(g.e, jsonb_build_object(
    'lane', millrace.sibling((g.e).lane, 'ready', coalesce(((g.e).place).priority, 'normal')),
    'xid', pg_current_xact_id(),
    'seq', nextval(pg_get_serial_sequence('millrace.entry', 'seq')))) n
