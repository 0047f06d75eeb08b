-- list-test-databases.sql: the databases that tests have made on this server. Reads the catalogue only.
select datname as name from pg_database where datname like 'millrace\_test\_%'
