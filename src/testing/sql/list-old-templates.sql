-- list-old-templates.sql: templates that were made before $1. Their comment says when.
select datname as name from pg_database
 where datname like 'millrace\_template\_%' and shobj_description(oid, 'pg_database')::timestamptz < $1
