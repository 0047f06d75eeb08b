/** millrace/app: the file that names everything. */
export type { LocalUser } from '../identity/local/users.ts'
export { type App, type AppOptions, defineApp } from './define-app.ts'
export type { IdentityOptions } from './identity-options.ts'
