-- find-environment.sql: the database's stamp.
select name from millrace.environment
