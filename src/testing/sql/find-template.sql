-- find-template.sql: whether a template database is there, and complete. $1 name. Reads the catalogue only.
select not datallowconn as is_complete from pg_database where datname = $1
