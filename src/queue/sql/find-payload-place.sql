-- find-payload-place.sql: under which name the blobs of this database's jobs lie.
select name from millrace.payload_place
