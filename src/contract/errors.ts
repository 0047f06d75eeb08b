import { defineErrors } from '../kernel/errors.ts'

export const contractErrors = defineErrors({
  MILLRACE_CONTRACT_OBJECT_UNKNOWN: {
    says: (f: { what: string }) => `there is no such ${f.what}`,
    remedy: 'It may have been deleted, or is not yours: look at the list again.',
    retryable: false,
  },
  MILLRACE_CONTRACT_OBJECT_DENIED: {
    says: (f: { what: string; action: string }) => `you may see this ${f.what}, but not do this with it: ${f.action}`,
    remedy: 'Ask whose it is for more.',
    retryable: false,
  },
  MILLRACE_CONTRACT_NAME_INVALID: {
    says: (f: { kind: string; name: string }) => `${JSON.stringify(f.name.slice(0, 80))} is no name for a ${f.kind}`,
    remedy: 'Use 1 to 60 of a–z, 0–9, ".", "-" and "_", beginning with a letter.',
    retryable: false,
  },
  MILLRACE_CONTRACT_NAME_TWICE: {
    says: (f: { kind: string; name: string }) => `two ${f.kind}s are called ${f.name}`,
    remedy: 'Give each its own name: jobs find their task by it.',
    retryable: false,
  },
  MILLRACE_CONTRACT_POLICY_INVALID: {
    says: (f: { task: string; policy: string; value: unknown; rule: string }) =>
      `${f.task}: ${f.policy} is ${String(f.value)}, but must be ${f.rule}`,
    remedy: 'Correct the policy where the task or schedule is declared.',
    retryable: false,
  },
  MILLRACE_CONTRACT_CRON_INVALID: {
    says: (f: { schedule: string; cron: string; zone: string; why: string }) =>
      `schedule ${f.schedule}: ${JSON.stringify(f.cron)} in zone ${f.zone} is no cron pattern (${f.why})`,
    remedy: 'Give five fields (minute hour day month weekday) and an IANA zone such as Europe/Berlin.',
    retryable: false,
  },
  MILLRACE_CONTRACT_TASK_UNKNOWN: {
    says: (f: { name: string }) => `no task is called ${JSON.stringify(f.name.slice(0, 80))} in this release`,
    remedy: 'Add the task to the contract, or start the release that knows it.',
    retryable: true,
  },
})
