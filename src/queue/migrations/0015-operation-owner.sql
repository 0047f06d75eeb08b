-- In whose name a tracked job was submitted: nobody else is told of its operation.
alter table millrace.operation add owner uuid;
