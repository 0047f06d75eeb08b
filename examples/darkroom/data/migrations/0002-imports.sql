-- Imports, who uploaded a photo, and photos whose rendering was cancelled.

create table import (
  id uuid primary key,
  uploader uuid not null,
  name text not null check (char_length(name) between 1 and 255), -- of the archive
  bytes bigint not null check (bytes > 0),
  operation uuid not null,
  uploaded_at timestamptz(3) not null,

  -- What came of it; null until its job has done all of it.
  imported_at timestamptz(3),
  left_out jsonb, -- the first files that did not become photos, each with its reason
  left_out_count integer check (left_out_count >= 0),

  taken_back_at timestamptz(3), -- from then on nothing more comes out of it
  put_away_at timestamptz(3),   -- its uploader has seen how it ended
  constraint imported_with_a_result
    check ((imported_at is null) = (left_out is null) and (imported_at is null) = (left_out_count is null))
);
create index import_of_uploader on import (uploader, uploaded_at desc) where put_away_at is null;

alter table photo
  drop constraint photo_status_check,
  add constraint photo_status_check check (status in ('processing', 'ready', 'failed', 'cancelled')),
  add uploader uuid, -- null: uploaded before anyone noted it
  add import_id uuid references import on delete set null,
  add ready_at timestamptz(3); -- when it was rendered

create index photo_of_import on photo (import_id, status) where import_id is not null;
create index photo_not_made on photo (shown_at desc, id desc) where status in ('failed', 'cancelled') and deleted_at is null;
create index photo_in_the_making on photo (id) where status = 'processing';
