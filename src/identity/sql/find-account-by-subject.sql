-- find-account-by-subject.sql: the account of somebody, as a provider calls them. $1 issuer, $2 subject. Index:
-- account_issuer_subject_key.
select id, name, email, roles || granted as roles, claims, disabled_at is not null as is_disabled,
       told_at, signed_out_at, signed_out_but from millrace.account
 where issuer = $1::text and subject = $2::text
