/** The web process of an application. It never loads the worker side. */
import { readFileSync } from 'node:fs'
import type { Service, StopOptions } from '../kernel/service.ts'
import { webErrors } from '../web/errors.ts'
import { openWeb } from '../web/web-server.ts'
import type { App } from './define-app.ts'
import { appErrors } from './errors.ts'
import { shutInspector } from './inspector.ts'
import { awaitDatabase, checkDatabase, openParts } from './parts.ts'
import type { RunningProcess } from './run-process.ts'
import { openSessionStore } from './session-store.ts'
import type { Settings } from './settings.ts'

/** @throws MILLRACE_APP_HAS_NO_SIDE, MILLRACE_APP_DATABASE_MISSING, MILLRACE_APP_INSPECTOR_OPEN */
export async function webProcess(app: App, settings: Settings): Promise<RunningProcess> {
  if (app.web === undefined) throw appErrors.MILLRACE_APP_HAS_NO_SIDE({ app: app.name, side: 'web' })
  shutInspector(settings)
  const parts = openParts(app, settings, 'web')
  const { db, hints, blobs, client, log, clock } = parts
  // an application without users does not wait for what it does not use
  const store = app.identity === undefined ? undefined : await openSessionStore(parts)
  const identity = store && (await import('./identity.ts')).identityOf(parts, store.sessions)
  let isOpen = false
  const web = openWeb({
    front: (await app.web()).default,
    contract: app.contract,
    db,
    client,
    hints,
    blobs,
    log,
    clock,
    host: settings.HOST,
    port: settings.PORT,
    title: app.name,
    ...(settings.ORIGIN === undefined ? {} : { origin: settings.ORIGIN }),
    ...(identity === undefined ? {} : { identity }),
    actors: parts.actors,
    release: releaseOf(),
    trustedProxies: settings.TRUSTED_PROXIES,
    isReady: async () => {
      if (!isOpen) throw webErrors.MILLRACE_WEB_NOT_READY({ why: 'the database is being opened' })
      await checkDatabase(parts)
    },
  })
  const service: Service = {
    async start(signal: AbortSignal): Promise<void> {
      const gaveUp = new AbortController()
      const opening = awaitDatabase(parts, AbortSignal.any([signal, gaveUp.signal])).then(() => {
        isOpen = true
      })
      opening.catch(() => {}) // awaited below, unless listening fails first
      try {
        await store?.start(signal)
        await web.start(signal)
        await opening
      } catch (thrown) {
        gaveUp.abort()
        throw thrown
      }
    },
    async stop(options: StopOptions): Promise<void> {
      await web.stop(options)
      await store?.stop(options)
      await parts.close()
    },
  }
  return { service, log, drainMs: settings.DRAIN_MS, ready: () => ({ address: web.address().url }) }
}

/** The version of Millrace; an application's own release comes with slots. */
function releaseOf(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown'
}
