/**
 * The picture as data: which box may know which. test/tidy.test.ts compares it with the imports. An arrow that is missing
 * here is a decision to make, not a line to add: the picture in the README changes with it.
 */

/** A folder under src/ and the other folders that it may import. Tests are free: they may put anything together. */
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  contract: ['kernel'],
  data: ['kernel'],
  blobs: ['kernel'],
  session: ['kernel', 'data'],
  identity: ['kernel', 'contract', 'data', 'session'],
  queue: ['kernel', 'contract', 'data'],
  schedule: ['kernel', 'contract', 'data', 'queue'],
  worker: ['kernel', 'contract', 'data', 'queue', 'blobs'],
  web: ['kernel', 'contract', 'data', 'queue', 'blobs', 'session', 'identity'],
  plans: ['kernel', 'contract', 'data', 'queue', 'app'],
  /** The composition root: the one place that names everything. */
  app: ['kernel', 'contract', 'data', 'blobs', 'queue', 'schedule', 'worker', 'web', 'session', 'identity'],
  cli: [
    'kernel',
    'contract',
    'data',
    'blobs',
    'session',
    'identity',
    'queue',
    'schedule',
    'worker',
    'web',
    'plans',
    'app',
  ],
  /** It starts the command line as a user would. */
  testing: [
    ...['kernel', 'contract', 'data', 'blobs', 'session', 'identity', 'queue', 'schedule', 'worker', 'web'],
    ...['plans', 'app', 'cli'],
  ],
}

/** What a folder of examples/darkroom must not import. Together they keep handlers out of the web and routes out of the worker. */
export const DARKROOM_WALLS: Readonly<Record<string, readonly string[]>> = {
  contract: ['web', 'worker', 'data', 'pages'],
  data: ['web', 'worker', 'pages'],
  web: ['worker', 'pages'],
  worker: ['web', 'pages'],
  pages: ['web', 'worker', 'data'],
}
