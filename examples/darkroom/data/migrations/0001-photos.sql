-- Photos and their renditions, and the search for photos that look alike.

create table photo (
  id uuid primary key,
  name text not null check (char_length(name) between 1 and 255),
  title text check (char_length(title) between 1 and 200),
  caption text check (char_length(caption) between 1 and 4000),

  status text not null default 'processing' check (status in ('processing', 'ready', 'failed')),
  operation uuid not null,
  problem_code text check (char_length(problem_code) <= 100),
  problem_detail text check (char_length(problem_detail) <= 2000),

  bytes integer not null check (bytes > 0),
  media_type text not null check (char_length(media_type) <= 100),
  uploaded_at timestamptz(3) not null,
  deleted_at timestamptz(3),

  -- What the worker finds out; null until then.
  width integer check (width > 0),
  height integer check (height > 0),
  taken_at text check (char_length(taken_at) <= 40), -- as the camera wrote it: with an offset only where it told one
  camera text check (char_length(camera) <= 200),
  lens text check (char_length(lens) <= 200),
  exposure jsonb,
  position jsonb,
  colours text[] not null default '{}',
  placeholder text check (char_length(placeholder) <= 100),
  looks bit(64), -- the perceptual hash; null as well for pictures without anything to tell them apart by
  duplicate_of uuid references photo on delete set null,

  -- When the picture was taken, or else uploaded: the order of the archive.
  shown_at timestamptz(3) not null,

  constraint failed_with_a_problem check ((status = 'failed') = (problem_code is not null)),
  constraint ready_with_a_size check (status <> 'ready' or (width is not null and height is not null))
);

create index photo_archive on photo (shown_at desc, id desc) where deleted_at is null;
create index photo_deleted on photo (deleted_at) where deleted_at is not null;
create index photo_duplicates on photo (duplicate_of) where duplicate_of is not null;

create table rendition (
  photo_id uuid not null references photo on delete cascade,
  file text not null,
  format text not null check (format in ('avif', 'webp', 'jpeg')),
  size integer not null, -- the bound of the longer edge that it was made for
  width integer not null check (width > 0),
  height integer not null check (height > 0),
  bytes integer not null check (bytes > 0),
  primary key (photo_id, file),
  unique (photo_id, size, format)
);

-- Photos that look alike have hashes that differ in few of their 64 bits. Cut such a hash into four bands of 16 bits: when
-- at most 7 bits differ, some band differs in at most one (four bands with two each would make 8). So a photo is indexed
-- under its four bands, and its like are found under the 4 × 17 bands that are one bit away or less: 68 probes of an index
-- that meet some hundred candidates among a hundred thousand photos, instead of all of them.
create function looks_bands(looks bit(64)) returns integer[] language sql immutable strict parallel safe as $$
  select array_agg(band << 16 | substring(looks from band * 16 + 1 for 16)::bit(16)::integer)
    from generate_series(0, 3) as band
$$;

create function looks_nearby(looks bit(64)) returns integer[] language sql immutable strict parallel safe as $$
  select array_agg(band # flipped) from unnest(looks_bands(looks)) as band,
         unnest(array[0] || array(select 1 << n from generate_series(0, 15) as n)) as flipped
$$;

alter table photo add looks_bands integer[] generated always as (looks_bands(looks)) stored;

-- Without fastupdate: a list of pending entries would be read whole by every search.
create index photo_looks on photo using gin (looks_bands) with (fastupdate = off) where deleted_at is null;
