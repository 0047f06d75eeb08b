-- When somebody was signed out everywhere. What began before is over, also where a store of sessions has lost sight of it: it
-- was told too late, not at all, or has forgotten whose the session is.
alter table millrace.account
  add signed_out_at timestamptz,
  add signed_out_but uuid; -- the session that signed out everywhere else: it goes on
