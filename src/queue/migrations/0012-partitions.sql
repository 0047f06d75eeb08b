-- A queue may have several lanes of each priority: claims of one lane take turns, those of several do not.
alter table millrace.lane add column partition smallint not null default 0;
alter table millrace.lane drop constraint lane_queue_kind_priority_key;
alter table millrace.lane add unique (queue, kind, priority, partition);
