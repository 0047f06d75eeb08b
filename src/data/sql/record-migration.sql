-- record-migration.sql: remembers a migration, in its own transaction. $1 id, $2 checksum.
insert into millrace.migration (id, checksum) values ($1, $2)
