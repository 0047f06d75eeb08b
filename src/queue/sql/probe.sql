-- probe.sql: which of these lanes have work, and when the next deferred job is due. Reads only. $1 lanes, $2 how far
-- promotion has come (null: not yet). A lane has work when an entry lies past its position, or belongs to a transaction
-- that was in flight when its window opened.
-- Index: entry_pkey from the position on, cursor_pkey backwards, deferred_pkey from $2 on.
select
  array(
    select l from unnest($1::smallint[]) l
      cross join lateral (select c.win, c.at_xid, c.at_seq from millrace.cursor c where c.lane = l order by c.n desc limit 1) c
     where exists (select from millrace.entry e where e.lane = l and (e.xid, e.seq) > (c.at_xid, c.at_seq))
        or exists (select from millrace.entry e where e.lane = l and e.xid = any (array(select pg_snapshot_xip(c.win))))
  )::integer[] as lanes,
  (select (extract(epoch from d.due_at - millrace.now()) * 1000)::float8 from millrace.deferred d
    where d.due_at > coalesce($2::timestamptz, '-infinity') order by d.due_at limit 1) as due_in_ms
