-- packs.sql: the jobs of an entry, and an entry cut into several. Locks: none of their own.

-- jobs_of: every job of an entry, n counting from 0, with its payload as it was given. json, not jsonb: its text stays as it is.
create or replace function millrace.jobs_of(e millrace.entry)
returns table (n integer, id uuid, payload text) language sql immutable as $$
  select (j.n - 1)::integer, encode(substr(e.pack, (j.n::integer - 1) * 16 + 1, 16), 'hex')::uuid, j.value::text
    from json_array_elements(case when e.count > 1 then e.payload::json else '[]'::json end) with ordinality j(value, n)
  union all
  select 0, e.id, e.payload where e.count = 1
$$;

-- split: replaces a pack by entries of `first` jobs, then `piece` jobs each, in the place where it lay in the log. Only who
-- hands out its lane may do so: nobody else must be looking at the pack.
create or replace function millrace.split(e millrace.entry, first integer, piece integer)
returns void language plpgsql as $$
begin
  delete from millrace.entry x where x.lane = e.lane and x.xid = e.xid and x.seq = e.seq;
  insert into millrace.entry (lane, xid, seq, id, task, tracked, attempt, crashes, payload, headers, errors, count, pack, place, holds)
  select e.lane, e.xid, e.seq + min(p.n), (array_agg(p.id order by p.n))[1], e.task, e.tracked, e.attempt, e.crashes,
         case when count(*) = 1 then min(p.payload) else '[' || string_agg(p.payload, ',' order by p.n) || ']' end,
         e.headers, e.errors, count(*), case when count(*) > 1 then substr(e.pack, min(p.n) * 16 + 1, count(*)::integer * 16) end,
         e.place, e.holds
    from (select j.*, case when j.n < first then 0 else 1 + (j.n - first) / piece end as part from millrace.jobs_of(e) j) p
   group by p.part order by p.part;
end $$;
