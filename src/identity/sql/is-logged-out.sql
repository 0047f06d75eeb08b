-- is-logged-out.sql: whether a login is over already, by what the provider has told of logouts. $1 issuer, $2 subject, $3
-- provider's name for the login (null: it has none), $4 when the provider told who it is, in ms since 1970. A name is never
-- given twice, so one that is over stays so; logouts of a subject end what came before them. Index: logout_token_of_login,
-- logout_token_of_subject.
select exists (
  select from millrace.logout_token
   where issuer = $1::text
     and (provider_session = $3::text
          or subject = $2::text and said_at >= to_timestamp($4::double precision / 1000)
             and (provider_session is null or $3::text is null))
) as is_over
