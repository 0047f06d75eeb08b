-- Whose the photos are, albums that show them to others, and how much everybody stores.

alter table photo rename uploader to owner;

-- The archive of one account: what was one list is one for each.
drop index photo_archive, photo_not_made;
create index photo_archive on photo (owner, shown_at desc, id desc) where deleted_at is null;
create index photo_not_made on photo (owner, shown_at desc, id desc)
  where status in ('failed', 'cancelled') and deleted_at is null;
create index photo_in_the_making_of_owner on photo (owner, id) where status = 'processing';

create table album (
  id uuid primary key,
  owner uuid not null,
  title text not null check (char_length(title) between 1 and 200),
  created_at timestamptz(3) not null
);
create index album_of_owner on album (owner, created_at desc);

create table album_photo (
  album_id uuid not null references album on delete cascade,
  photo_id uuid not null references photo on delete cascade,
  added_by uuid not null,
  added_at timestamptz(3) not null,
  primary key (album_id, photo_id)
);
create index album_photo_of_photo on album_photo (photo_id);

create table album_member (
  album_id uuid not null references album on delete cascade,
  account uuid not null,
  name text not null,
  role text not null check (role in ('editor', 'viewer')),
  added_at timestamptz(3) not null,
  primary key (album_id, account)
);
create index album_member_of_account on album_member (account);

create table album_link (
  id uuid primary key,
  album_id uuid not null references album on delete cascade,
  token_hash bytea not null unique, -- SHA-256: who reads this table can follow no link
  created_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  revoked_at timestamptz(3)
);
create index album_link_of_album on album_link (album_id) where revoked_at is null;

-- Bytes of all photos of an account that were not purged, deleted ones included. A sum of 100,000 rows would be too dear for
-- every upload, and its row is what two uploads at once must wait for: a sum cannot be locked. Triggers keep it, so that it
-- changes with the photos, whoever adds or purges them.
create table storage (
  owner uuid primary key,
  used_bytes bigint not null check (used_bytes >= 0)
);
insert into storage select owner, sum(bytes) from photo where owner is not null group by owner;

create function storage_counts() returns trigger language plpgsql as $$
begin
  -- in one order, so that two purges never wait for each other
  if tg_op = 'INSERT' then
    insert into storage as s
      select owner, sum(bytes) from changed where owner is not null group by owner order by owner
      on conflict (owner) do update set used_bytes = s.used_bytes + excluded.used_bytes;
  else
    perform from storage where owner in (select owner from changed) order by owner for update;
    update storage set used_bytes = used_bytes - gone.bytes
      from (select owner, sum(bytes) as bytes from changed where owner is not null group by owner) as gone
     where storage.owner = gone.owner;
  end if;
  return null;
end $$;
create trigger storage_counts_added after insert on photo
  referencing new table as changed for each statement execute function storage_counts();
create trigger storage_counts_purged after delete on photo
  referencing old table as changed for each statement execute function storage_counts();
