/** A browser without pages: keeps cookies by host and path, follows redirects one by one, sends what browsers send. */
import { strict as assert } from 'node:assert'

interface Cookie {
  readonly name: string
  readonly value: string
  readonly path: string
}

/** What a browser sends when a person goes to a page. */
export const NAVIGATION = { accept: 'text/html,*/*;q=0.8', 'sec-fetch-mode': 'navigate' }

export class TestBrowser {
  readonly #cookies = new Map<string, Cookie>()
  readonly origin: string
  /** Every Set-Cookie that it was sent. */
  readonly lines: string[] = []
  /** Every address that it went to. */
  readonly addresses: string[] = []

  readonly #agent: string

  constructor(origin: string, agent = 'a browser') {
    this.origin = origin
    this.#agent = agent
  }

  cookie(name: string): string | undefined {
    return this.#cookies.values().find((cookie) => cookie.name === name)?.value
  }

  setCookie(name: string, value: string): void {
    this.#cookies.set(`${name} /`, { name, value, path: '/' })
  }

  /** All cookies are gone. */
  forget(): void {
    this.#cookies.clear()
  }

  /** One request as a page's script makes it, without following. */
  async send(to: string, init: RequestInit = {}): Promise<Response> {
    const url = new URL(to, this.origin)
    this.addresses.push(url.href)
    const cookies = [...this.#cookies.values()].filter(({ path }) => url.pathname.startsWith(path))
    const method = init.method ?? 'GET'
    const answer = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: {
        'sec-fetch-site': 'same-origin',
        'user-agent': this.#agent,
        ...(method === 'GET' ? {} : { origin: this.origin }),
        ...(cookies.length === 0 ? {} : { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') }),
        ...Object.fromEntries(new Headers(init.headers)),
      },
    })
    for (const line of answer.headers.getSetCookie()) {
      this.lines.push(line)
      this.#take(line)
    }
    return answer
  }

  /** Follows redirects within the origin; answers where it ended and what was there. */
  async go(to: string, init?: RequestInit): Promise<{ readonly url: string; readonly answer: Response }> {
    let url = new URL(to, this.origin).href
    let answer = await this.#visit(url, init)
    for (let n = 0; n < 12; n += 1) {
      const next = answer.headers.get('location')
      if (next === null) return { url, answer }
      url = new URL(next, url).href
      if (!url.startsWith(this.origin)) return { url, answer }
      answer = await this.#visit(url)
    }
    return assert.fail(`more redirects than 12, the last to ${url}`)
  }

  /** Logs in as one of the local provider's users, and answers where that ended. */
  async login(user: string, returnTo = '/identity/me'): Promise<{ readonly url: string; readonly answer: Response }> {
    const { url, answer } = await this.go(`/identity/login?return=${encodeURIComponent(returnTo)}`)
    if (!new URL(url).pathname.startsWith('/identity/local/login/')) return { url, answer }
    return this.go(url, { method: 'POST', body: new URLSearchParams({ user }) })
  }

  /** Begins a login; where the provider asks who it is, `answerQuestion` goes on. Answers the address of the question. */
  async beginLogin(returnTo = '/'): Promise<string> {
    return (await this.go(`/identity/login?return=${encodeURIComponent(returnTo)}`)).url
  }

  /** Logs in as far as the address at which the provider sends the browser back, without going there. */
  async callback(user: string, from = '/identity/login'): Promise<string> {
    let answer = await this.send(from)
    for (let n = 0; n < 12; n += 1) {
      const to = answer.headers.get('location')
      const next = to === null ? undefined : new URL(to, this.origin)
      if (next?.pathname === '/identity/callback') return next.href
      // no redirect: it is the question
      answer =
        next === undefined
          ? await this.send(from, { method: 'POST', body: new URLSearchParams({ user }) })
          : await this.send(next.href)
      if (next !== undefined) from = next.href
    }
    return assert.fail('the provider never sent the browser back')
  }

  /** Goes to a page of the local provider that asks whether to log out, and says yes. */
  async confirm(to: string): Promise<{ readonly url: string; readonly answer: Response }> {
    const { url, answer } = await this.go(to)
    const page = await answer.text()
    const action = /action="([^"]+)"/.exec(page)?.[1] ?? assert.fail(`no form at ${url}: ${page.slice(0, 200)}`)
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
    return this.go(action, { method: 'POST', body: new URLSearchParams({ xsrf, logout: 'yes' }) })
  }

  #visit(to: string, init: RequestInit = {}): Promise<Response> {
    return this.send(to, { ...init, headers: NAVIGATION })
  }

  #take(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
    const [name = '', value = ''] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
    const of = (attribute: string): string | undefined =>
      attributes.find((one) => one.toLowerCase().startsWith(`${attribute}=`))?.slice(attribute.length + 1)
    const path = of('path') ?? '/'
    const isOver = of('max-age') === '0' || Date.parse(of('expires') ?? '') < Date.now()
    if (isOver) this.#cookies.delete(`${name} ${path}`)
    else this.#cookies.set(`${name} ${path}`, { name, value, path })
  }
}
