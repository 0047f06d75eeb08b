/** postgres.js as the tests use it. */
import postgres from 'postgres'

/** Connects as the URL says. postgres.js does not know the URLs in which a folder with a socket is the host. */
export function connectPostgres(url: string): postgres.Sql {
  const { hostname, port, pathname, username, password } = new URL(url)
  return postgres({
    host: decodeURIComponent(hostname),
    port: Number(port === '' ? 5432 : port),
    database: pathname.slice(1),
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    max: 3,
  })
}

/** Its end waits for ever for a connection that was lost within a transaction. */
export const NO_WAIT = { timeout: 0 }
