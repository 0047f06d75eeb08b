/** Logs in at the local provider as a browser does, and answers the cookie of the session. */

const HOPS_MAX = 20

/** @param user one of app.ts. @returns `session=…`, for the Cookie header; good for every process of the same database. */
export async function login(url: string, user: string): Promise<string> {
  const cookies = new Map<string, string>()
  let to = `${url}/identity/login?return=/identity/me`
  let body: URLSearchParams | undefined
  for (let hop = 0; hop < HOPS_MAX; hop += 1) {
    const answer = await fetch(to, {
      ...{ method: body === undefined ? 'GET' : 'POST', body: body ?? null, redirect: 'manual' },
      headers: {
        ...{ accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'same-origin' },
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      },
      signal: AbortSignal.timeout(20_000),
    })
    await answer.body?.cancel()
    for (const line of answer.headers.getSetCookie()) keep(cookies, line)
    const session = cookies.get('session')
    if (session !== undefined) return `session=${session}`
    const next = answer.headers.get('location')
    // no redirect: it is the provider's question who it is
    body = next === null ? new URLSearchParams({ user }) : undefined
    if (next === null && !answer.ok) throw new Error(`the login was answered ${answer.status} at ${to}`)
    to = next === null ? to : new URL(next, to).href
  }
  throw new Error(`the login of ${user} never ended`)
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';')
  const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
  if (value === '' || /max-age=0/i.test(line)) cookies.delete(name)
  else cookies.set(name, value)
}
