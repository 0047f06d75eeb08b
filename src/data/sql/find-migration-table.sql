-- find-migration-table.sql: whether this database was ever migrated.
select to_regclass('millrace.migration') is not null as exists
