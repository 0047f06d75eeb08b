/**
 * Where a rule of tidy.test.ts does not hold, and why. An exception that is no longer needed fails the test as well.
 */

export interface Exception {
  readonly file: string
  readonly rule: string
  readonly because: string
}

export const EXCEPTIONS: readonly Exception[] = [
  {
    file: 'src/data/embedded/home-folders.ts',
    rule: 'environment',
    because: 'SUDO_UID and SUDO_GID are facts about who called, not settings of Millrace',
  },
  {
    file: 'src/kernel/processes.ts',
    rule: 'environment',
    because: 'ps is found in PATH, which is not ours to set',
  },
  {
    file: 'src/data/embedded/server-user.ts',
    rule: 'environment',
    because: 'it picks the two variables that the PostgreSQL server may inherit, and keeps all others from it',
  },
  {
    file: 'bench/millrace-inside.ts',
    rule: 'package-doors',
    because: 'the benchmarks open a worker and a front in their own process, which no user does; one file knows how',
  },
  {
    file: 'bench/darkroom-inside.ts',
    rule: 'package-doors',
    because: 'the bare loop calls the very functions that Darkroom renders with',
  },
  {
    file: 'src/queue/foreign/fixture/prisma/client/internal/prismaNamespace.ts',
    rule: 'cycles',
    because: 'Prisma has generated it',
  },
  {
    file: 'src/queue/foreign/fixture/prisma/client/internal/class.ts',
    rule: 'cycles',
    because: 'Prisma has generated it',
  },
  {
    file: 'src/queue/foreign/fixture/prisma/client/internal/prismaNamespace.ts',
    rule: 'length',
    because: 'Prisma has generated it',
  },
  {
    file: 'src/queue/foreign/fixture/prisma/client/models/Order.ts',
    rule: 'length',
    because: 'Prisma has generated it',
  },
  {
    file: 'src/queue/foreign/fixture/prisma/schema.prisma',
    rule: 'assets',
    because: 'tests alone need what is generated from it',
  },
]
