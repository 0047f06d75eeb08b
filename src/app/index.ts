/** millrace/app: the file that names everything. */
export { type App, type AppOptions, defineApp } from './define-app.ts'
