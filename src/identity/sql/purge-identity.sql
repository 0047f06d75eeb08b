-- purge-identity.sql: removes logins that nobody finished, tokens for logouts that are no longer good, and what the local
-- provider need not keep. $1 how many of each at most. Answers the largest number that was removed of one of them. Index:
-- login_over, logout_token_over. Locks: rows that nobody uses.
with logins as (
  delete from millrace.login where state_hash in (
    select state_hash from millrace.login where expires_at <= millrace.now() limit $1::integer for update skip locked)
  returning 1
), tokens as (
  delete from millrace.logout_token where (issuer, jti) in (
    select issuer, jti from millrace.logout_token where expires_at <= millrace.now() limit $1::integer for update skip locked)
  returning 1
), kept as (
  delete from millrace.local_provider where (model, id) in (
    select model, id from millrace.local_provider where expires_at <= millrace.now() limit $1::integer for update skip locked)
  returning 1
)
select greatest((select count(*) from logins), (select count(*) from tokens), (select count(*) from kept))::integer as removed
