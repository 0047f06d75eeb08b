-- note-logout-token.sql: remembers a token for a logout for as long as it is good. $1 issuer, $2 its id, $3 until when, in ms
-- since 1970, $4 subject, $5 provider's name for the login, $6 when it was said, in ms since 1970. Answers nothing when it was
-- carried out already. Locks: its row.
insert into millrace.logout_token as l (issuer, jti, expires_at, subject, provider_session, said_at)
values ($1::text, $2::text, to_timestamp($3::double precision / 1000), $4::text, $5::text,
        to_timestamp($6::double precision / 1000))
on conflict (issuer, jti) do update set jti = excluded.jti where l.carried_out_at is null
returning jti
