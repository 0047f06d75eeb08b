-- settle.sql: what a handler's own transaction needs of the log.

-- must_be_leased: refuses to go on when the job's entry was not there (SQLSTATE MR002): it was given to someone else.
create or replace function millrace.must_be_leased(was_there boolean, job uuid) returns boolean language plpgsql as $$
begin
  if not was_there then
    raise exception 'job % is leased by somebody else', job using errcode = 'MR002';
  end if;
  return true;
end $$;
