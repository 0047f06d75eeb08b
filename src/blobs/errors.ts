import { defineErrors } from '../kernel/errors.ts'

export const blobErrors = defineErrors({
  MILLRACE_BLOBS_KEY_INVALID: {
    says: (f: { text: string }) => `${JSON.stringify(f.text.slice(0, 80))} is no blob key`,
    remedy:
      'Make keys of ids and fixed words: a–z, 0–9, "-", "_", inner dots, parts joined by "/". Never of user input.',
    retryable: false,
  },
  MILLRACE_BLOBS_ABSENT: {
    says: (f: { key: string }) => `there is no blob ${f.key}`,
    remedy: 'Check the key; the blob may have been deleted.',
    retryable: false,
  },
  MILLRACE_BLOBS_TOO_LARGE: {
    says: (f: { bytesMax: number }) => `the content is larger than ${f.bytesMax} bytes`,
    remedy: 'Send less, or raise the limit where the upload is received.',
    retryable: false,
  },
  MILLRACE_BLOBS_FULL: {
    says: (f: { why: string }) => `the blob could not be written: ${f.why}`,
    remedy: 'Free disk space, or correct the permissions of the blobs folder; nothing was stored.',
    retryable: true,
  },
})
