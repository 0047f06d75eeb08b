-- list-migrations.sql: every migration applied, with the checksum of the text that was applied.
select id, checksum from millrace.migration
