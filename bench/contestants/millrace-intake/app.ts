/** The application whose web process takes jobs in, run by `millrace web`. */
import { defineApp } from 'millrace/app'
import { noop, trackedNoop } from './contract.ts'

export default defineApp({ name: 'intake', tasks: [noop, trackedNoop], web: () => import('./front.ts') })
