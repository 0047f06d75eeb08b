-- Room: archives are counted while they are kept, and what was deleted can be listed, and deleted for good.
--
-- Photos that were uploaded before there were accounts (0003-people.sql) have no owner, and are given none here: nothing
-- tells whose they are, and the first who logs in need not be the one. Nobody is shown them. Whoever runs Darkroom can give
-- them to somebody whom `npx millrace accounts` lists, with the room that they take:
--
--   with given as (update photo set owner = '<account>' where owner is null returning bytes)
--   insert into storage as s select '<account>', coalesce(sum(bytes), 0) from given
--   on conflict (owner) do update set used_bytes = s.used_bytes + excluded.used_bytes;

-- An archive is kept until what is in it has come, or nobody wants it any more. Until then it takes room.
alter table import add holds_archive boolean not null default true;
update import set holds_archive = false where imported_at is not null or taken_back_at is not null;
create index import_with_archive on import (uploader) include (bytes) where holds_archive;

-- Photos of an import that were deleted for good: whoever goes on with it, they do not come again.
create table import_gone (
  import_id uuid not null references import on delete cascade,
  photo_id uuid not null,
  primary key (import_id, photo_id)
);

-- The deleted photos of one account, those first that were deleted last, and how much they take.
create index photo_deleted_of_owner on photo (owner, deleted_at desc, id desc) include (bytes) where deleted_at is not null;
