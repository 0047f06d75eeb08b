-- For a ready lane of a queue with rules: where jobs go that lie there and have no slot.
alter type millrace.claim_rules add attribute intake smallint;
