import { defineErrors } from '../../kernel/errors.ts'

export const payloadErrors = defineErrors({
  MILLRACE_QUEUE_PAYLOAD_KEYS_MISSING: {
    says: (f: { task: string }) => `the inputs of ${f.task} are to be encrypted, but this process has no key`,
    remedy: 'Set PAYLOAD_KEYS for web and worker (docs/payloads.md says how to make a key); nothing was submitted.',
    retryable: false,
  },
  MILLRACE_QUEUE_PAYLOAD_KEY_UNKNOWN: {
    says: (f: { jobId: string; key: string }) =>
      `the input of job ${f.jobId} is encrypted with the key ${JSON.stringify(f.key.slice(0, 40))}, which this process does not have`,
    remedy: 'Put that key back into PAYLOAD_KEYS, after the one that encrypts. The job waits and spends no attempt.',
    retryable: true,
  },
  MILLRACE_QUEUE_PAYLOAD_UNREADABLE: {
    says: (f: { jobId: string; why: string }) => `the stored input of job ${f.jobId} cannot be read: ${f.why}`,
    remedy:
      'It was changed after it was stored, belongs to another job, or its key was replaced under the same id. Put right what was changed, then redrive the dead letter.',
    retryable: false,
  },
  MILLRACE_QUEUE_PAYLOAD_MISSING: {
    says: (f: { jobId: string }) => `the blob with the input of job ${f.jobId} is not there`,
    remedy:
      'Let web and worker use the same BLOB_URL, and remove nothing under payloads/ by other means. When the blob is back, redrive the dead letter.',
    retryable: false,
  },
  MILLRACE_QUEUE_PAYLOAD_AWAY: {
    says: (f: { jobId: string; why: string }) =>
      `the blob with the input of job ${f.jobId} could not be fetched: ${f.why}`,
    remedy: 'Look after the store that BLOB_URL names. The job waits and spends no attempt.',
    retryable: true,
  },
  MILLRACE_QUEUE_PAYLOAD_NOT_KEPT: {
    says: (f: { task: string; afterMs: number }) =>
      `the input of ${f.task} is large, and its blob was not written within ${f.afterMs} ms`,
    remedy: 'Look after the store that BLOB_URL names, then submit again; nothing was submitted.',
    retryable: true,
  },
})
